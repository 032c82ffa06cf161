"""Records that the phases after a gate are to run again for, since a decision.

A rework moves no document: progress stays as it is. It is due while `done` is behind `wanted`, so that
several decisions are one rework, and one that was overtaken changes nothing and is made again.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from docrail.core.model import Cell, CellStatus, Document, Record
from docrail.core.progress import PipelinePhaseStatus
from docrail.core.state import Failure, Position, State
from docrail.store import tables
from docrail.store.counters import count_changes
from docrail.store.held_queue import forget_empty_kinds, refresh_queue
from docrail.store.locks import own_run
from docrail.store.recompose import inputs_changed
from docrail.store.rows import cell_row, from_json, numbered, to_json
from docrail.store.runs import Run, read_run
from docrail.store.settle import Enqueue

REWORK = "rework"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rework:
    """A record that is to run again from document phase number `first_phase` on; `wanted` is its number."""

    run: Run
    run_document_id: str
    document: Document
    wanted: int
    first_phase: int


def want_rework(
    connection: Connection,
    workspace_id: str,
    run_document_id: str,
    first_phase: int | None,
    *,
    enqueue: Enqueue,
) -> None:
    """Let the record run again from this phase on; one delivery at a time is under way.

    None: from no phase, though a rework under way must see what was decided now.
    """
    table = tables.reworks
    row = connection.execute(select(table).where(table.c.run_document_id == run_document_id)).one_or_none()
    if first_phase is None:
        if row is None or row.done == row.wanted:
            return
        first_phase = row.first_phase
    if row is None:
        place = {"run_document_id": run_document_id, "workspace_id": workspace_id}
        connection.execute(insert(table), place | {"wanted": 1, "done": 0, "first_phase": first_phase})
    else:
        earliest = min(first_phase, row.first_phase) if row.done < row.wanted else first_phase
        again = update(table).where(table.c.run_document_id == run_document_id)
        connection.execute(again.values(wanted=row.wanted + 1, first_phase=earliest))
    if row is None or row.done == row.wanted:
        enqueue(connection, REWORK, run_document_id)


def read_rework(connection: Connection, run_document_id: str) -> tuple[bool, dict[str, Any] | None]:
    """Whether a record has still to run again, and why the last time it could not (code, message, at)."""
    table = tables.reworks
    row = connection.execute(select(table).where(table.c.run_document_id == run_document_id)).one_or_none()
    if row is None:
        return False, None
    return row.done < row.wanted, from_json(row.failure) if row.failure else None


def count_due(connection: Connection, workspace_id: str) -> int:
    """How many records and composed tables of a workspace have still to be worked out anew."""
    table, run, phase = tables.reworks, tables.runs, tables.pipeline_phases
    records = (
        select(func.count())
        .select_from(table)
        .where(table.c.workspace_id == workspace_id, table.c.done < table.c.wanted)
    )
    composed = (
        select(func.count())
        .select_from(phase)
        .join(run, run.c.id == phase.c.run_id)
        .where(
            phase.c.inputs > phase.c.seen,
            phase.c.status == PipelinePhaseStatus.COMPLETED.value,
            run.c.workspace_id == workspace_id,
        )
    )
    return sum(connection.execute(query).scalar_one() for query in (records, composed))


def find_rework(connection: Connection, run_document_id: str) -> Rework | None:
    """The rework that is due of a record; None when nothing is."""
    table, document = tables.reworks.c, tables.documents.c
    query = (
        select(table.wanted, table.first_phase, tables.run_documents.c.run_id, tables.documents)
        .join(tables.run_documents, tables.run_documents.c.id == table.run_document_id)
        .join(tables.documents, document.id == tables.run_documents.c.document_id)
        .where(table.run_document_id == run_document_id, table.done < table.wanted)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Rework(
        run=read_run(connection, row.run_id),
        run_document_id=run_document_id,
        document=Document(
            id=row.id,
            digest=row.digest,
            filename=row.filename,
            media_type=row.media_type,
            size_bytes=row.size_bytes,
            metadata=from_json(row.metadata),
        ),
        wanted=row.wanted,
        first_phase=row.first_phase,
    )


def finish_rework(
    connection: Connection, rework: Rework, before: Record, after: Record, *, at: int, enqueue: Enqueue
) -> bool:
    """Store what `after` has more than `before`; False, and nothing changes, if a decision has overtaken it."""
    own_run(connection, rework.run.id)
    if not _end(connection, rework, failure=None):
        return False
    new = _add_tail(connection, rework.run_document_id, before, after)
    change_held(connection, rework.run.id, rework.run_document_id, after.cells, at=at)
    if new:
        inputs_changed(connection, rework.run.id, enqueue=enqueue)
    return True


def fail_rework(connection: Connection, rework: Rework, failure: Failure, *, at: int) -> bool:
    """The record stays as it is, and says why; False if a decision has overtaken it."""
    own_run(connection, rework.run.id)
    said = to_json({**asdict(failure), "at": at})
    return _end(connection, rework, failure=said)


def _end(connection: Connection, rework: Rework, *, failure: str | None) -> bool:
    table = tables.reworks
    query = (
        update(table)
        .where(
            table.c.run_document_id == rework.run_document_id,
            table.c.wanted == rework.wanted,
            table.c.done < rework.wanted,
        )
        .values(done=rework.wanted, failure=failure)
    )
    return connection.execute(query).rowcount == 1


def _add_tail(connection: Connection, run_document_id: str, before: Record, after: Record) -> bool:
    """Insert what `after` has more than `before`, which is what is stored; whether there is a new cell."""
    place = {"run_document_id": run_document_id}
    cells = [cell_row(cell) for cell in after.cells[len(before.cells) :]]
    verdicts = [{"phase": v.phase, "body": to_json(v)} for v in after.verdicts[len(before.verdicts) :]]
    issues = [{"body": to_json(issue)} for issue in after.issues[len(before.issues) :]]
    for table, rows, first in (
        (tables.cells, cells, len(before.cells)),
        (tables.verdicts, verdicts, len(before.verdicts)),
        (tables.issues, issues, len(before.issues)),
    ):
        if rows:
            connection.execute(insert(table), numbered(rows, **place, first=first))
    return bool(cells)


def change_held(
    connection: Connection, run_id: str, run_document_id: str, cells: Sequence[Cell], *, at: int
) -> None:
    """Count what is held of `cells` now: the document, the counters and the queue follow; for one who has the run."""
    table = tables.run_documents
    row = connection.execute(select(table).where(table.c.id == run_document_id)).one()
    latest = {cell.field: cell for cell in cells}
    held = sum(cell.status is CellStatus.HELD for cell in latest.values())
    state = State.PARTIAL if held else State.COMPLETED
    connection.execute(update(table).where(table.c.id == row.id).values(held=held, state=state.value))
    changes = {Position(row.phase, State(row.state)): -1, Position(row.phase, state): 1}
    changes = changes if row.state != state else {}
    count_changes(connection, run_id, changes, at=at, shard=0, held=held - row.held)
    refresh_queue(connection, run_id, [run_document_id], at=at, shard=0)
    forget_empty_kinds(connection, run_id)
