"""The queue of held fields: kept in step with the cells in the transaction that ends or changes a document."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, delete, func, insert, select, tuple_, update

from docrail.core.model import CellStatus
from docrail.store import tables
from docrail.store.given import upsert
from docrail.store.ids import new_id
from docrail.store.rows import verdict_from_json

AT_ONCE = 500
Kind: TypeAlias = tuple[str, str, str]
"""A field, the gate that holds it (empty: not known), and the reason."""


def refresh_queue(
    connection: Connection, run_id: str, run_document_ids: Iterable[str], *, at: int, shard: int
) -> None:
    """Make the queue of these documents of one run what their latest cells say; claims on what stays are kept.

    Called after the run's counters were changed with this `shard`: their row is the lock on ours.
    """
    ids = sorted(run_document_ids)
    changes: Counter[Kind] = Counter()
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        _refresh(connection, run_id, some, changes, at=at)
    count_kinds(connection, run_id, changes, shard=shard)


def _refresh(
    connection: Connection, run_id: str, ids: Sequence[str], changes: Counter[Kind], *, at: int
) -> None:
    table = tables.held_fields
    there = {
        (row.run_document_id, row.field): row
        for row in connection.execute(select(table).where(table.c.run_document_id.in_(ids)))
    }
    held = _held_cells(connection, ids)
    fresh = {key: cell for key, cell in held.items() if key not in there}
    moved = {key: cell for key, cell in held.items() if key in there and cell.seq != there[key].version}
    gates = _gates(connection, {key[0] for key in fresh | moved})
    workspace = _workspace(connection, run_id) if fresh else ""
    for key in there.keys() - held.keys():
        drop_row(connection, there[key])
        changes[_kind(there[key])] -= 1
    for key, cell in moved.items():
        gate = gates.get((*key, cell.phase))
        _move_on(connection, there[key], cell, gate)
        changes[_kind(there[key])] -= 1
        changes[(cell.field, gate or there[key].gate, cell.hold_reason or "")] += 1
    rows = [
        {
            "run_document_id": key[0],
            "field": cell.field,
            "id": new_id(),
            "workspace_id": workspace,
            "run_id": run_id,
            "gate": gates.get((*key, cell.phase), ""),
            "reason": cell.hold_reason or "",
            "phase": cell.phase,
            "version": cell.seq,
            "confidence": cell.confidence,
            "held_at": at,
        }
        for key, cell in fresh.items()
    ]
    if rows:
        connection.execute(insert(table), rows)
    changes.update((row["field"], row["gate"], row["reason"]) for row in rows)


def _held_cells(connection: Connection, ids: Sequence[str]) -> dict[tuple[str, str], Any]:
    """The latest cell of each field that is held, without its value."""
    cell = tables.cells.c
    query = (
        select(
            cell.run_document_id,
            cell.field,
            cell.seq,
            cell.status,
            cell.phase,
            cell.hold_reason,
            cell.confidence,
        )
        .where(cell.run_document_id.in_(ids))
        .order_by(cell.run_document_id, cell.seq)
    )
    latest = {(row.run_document_id, row.field): row for row in connection.execute(query)}
    return {key: row for key, row in latest.items() if row.status == CellStatus.HELD.value}


def _gates(connection: Connection, ids: Iterable[str]) -> dict[tuple[str, str, str], str]:
    """The gate that last failed a field in a phase, by document, field and phase."""
    table = tables.verdicts.c
    query = (
        select(table.run_document_id, table.body)
        .where(table.run_document_id.in_(sorted(ids)))
        .order_by(table.run_document_id, table.seq)
    )
    gates = {}
    for row in connection.execute(query):
        verdict = verdict_from_json(row.body)
        if not verdict.passed:
            gates[(row.run_document_id, verdict.field, verdict.phase)] = verdict.gate
    return gates


def _workspace(connection: Connection, run_id: str) -> str:
    query = select(tables.runs.c.workspace_id).where(tables.runs.c.id == run_id)
    return str(connection.execute(query).scalar_one())


def _move_on(connection: Connection, row: Row[Any], cell: Row[Any], gate: str | None) -> None:
    """The field is held with another value now: by the same gate, or by another one that refused it anew."""
    table = tables.held_fields
    values = {"version": cell.seq, "reason": cell.hold_reason or "", "confidence": cell.confidence}
    values |= {"gate": gate, "phase": cell.phase} if gate is not None else {}
    connection.execute(update(table).where(_at(row)).values(values))


def drop_row(connection: Connection, row: Row[Any]) -> None:
    """Take one field off the queue."""
    connection.execute(delete(tables.held_fields).where(_at(row)))


def _at(row: Row[Any]) -> Any:
    table = tables.held_fields.c
    return (table.run_document_id == row.run_document_id) & (table.field == row.field)


def _kind(row: Row[Any]) -> Kind:
    return row.field, row.gate, row.reason


def count_kinds(connection: Connection, run_id: str, changes: Mapping[Kind, int], *, shard: int) -> None:
    """Change the counts of a run's queue, in order of their keys."""
    deltas = {kind: n for kind, n in sorted(changes.items()) if n}
    if not deltas:
        return
    runs, table = tables.runs.c, tables.held_counts
    run = connection.execute(select(runs.workspace_id, runs.spec_id).where(runs.id == run_id)).one()
    statement = upsert(connection, table)
    statement = statement.on_conflict_do_update(
        index_elements=["run_id", "shard", "field", "gate", "reason"],
        set_={"n": table.c.n + statement.excluded.n},
    )
    place = {"run_id": run_id, "shard": shard, "workspace_id": run.workspace_id, "spec_id": run.spec_id}
    rows = [
        place | {"field": field, "gate": gate, "reason": reason, "n": n}
        for (field, gate, reason), n in deltas.items()
    ]
    connection.execute(statement, rows)


def forget_empty_kinds(connection: Connection, run_id: str) -> None:
    """Remove the counts that add up to nothing; for one who has the run alone."""
    table = tables.held_counts
    kind = (table.c.field, table.c.gate, table.c.reason)
    empty = select(*kind).where(table.c.run_id == run_id).group_by(*kind).having(func.sum(table.c.n) == 0)
    connection.execute(delete(table).where(table.c.run_id == run_id, tuple_(*kind).in_(empty)))


def queue_drift(connection: Connection, run_id: str) -> list[str]:
    """What the queue and its counts say that the partial documents' own cells do not; for the audit."""
    table, counts, document = tables.held_fields.c, tables.held_counts.c, tables.run_documents.c
    there = {
        (row.run_document_id, row.field): row.version
        for row in connection.execute(
            select(table.run_document_id, table.field, table.version).where(table.run_id == run_id)
        )
    }
    partial = select(document.id).where(document.run_id == run_id, document.state == "partial")
    ids = list(connection.execute(partial.order_by(document.id)).scalars())
    held: dict[tuple[str, str], int] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = _held_cells(connection, ids[start : start + AT_ONCE])
        held |= {key: cell.seq for key, cell in some.items()}
    kept = connection.execute(select(func.sum(counts.n)).where(counts.run_id == run_id)).scalar_one() or 0
    drift = [f"queue: {len(there)} fields, {len(held)} held cells"] if there != held else []
    return drift + ([f"queue: counted {kept}, rows {len(there)}"] if kept != len(there) else [])
