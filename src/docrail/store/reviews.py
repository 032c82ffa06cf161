"""The queue as it is read: pages in constant time whatever is asked for, counts without counting, claims."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select, union_all, update

from docrail.store import tables

MOST_KINDS = 100
"""Kinds of held fields whose rows are merged one by one; of more, the whole queue is gone along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which held fields; None: whatever."""

    run_id: str | None = None
    spec_id: str | None = None
    field: str | None = None
    gate: str | None = None
    reason: str | None = None

    @property
    def is_everything(self) -> bool:
        return not any(asdict(self).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldField:
    """One field that waits for a person, without its value. `version` is the cell's; times in ms since 1970."""

    id: str
    pipeline_id: str
    run_document_id: str
    document_id: str
    filename: str
    spec_id: str
    field: str
    reason: str
    gate: str
    phase: str
    confidence: float
    version: int
    held_at: int
    claimed_by: str | None
    claimed_until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldKind:
    """How many fields of one kind wait."""

    run_id: str
    spec_id: str
    field: str
    gate: str
    reason: str
    n: int


def count_kinds_held(connection: Connection, workspace_id: str, wanted: Wanted) -> list[HeldKind]:
    """What waits, by kind: the work grows with the kinds, not with the fields."""
    table = tables.held_counts.c
    where = [table[name] == value for name, value in asdict(wanted).items() if value is not None]
    by = (table.run_id, table.spec_id, table.field, table.gate, table.reason)
    total = func.sum(table.n)
    query = (
        select(*by, total.label("n"))
        .where(table.workspace_id == workspace_id, *where)
        .group_by(*by)
        .having(total > 0)
        .order_by(*by)
    )
    return [HeldKind(**{**row, "n": int(row["n"])}) for row in connection.execute(query).mappings()]


def list_queue(
    connection: Connection,
    workspace_id: str,
    wanted: Wanted,
    *,
    limit: int,
    after: str = "",
    free_for: str | None = None,
    now: int = 0,
) -> tuple[list[HeldField], int]:
    """One page of the queue, oldest first, and how many fields match in all.

    `free_for`: only what this reviewer may claim at `now`.
    """
    kinds = count_kinds_held(connection, workspace_id, wanted)
    table = tables.held_fields.c
    also = [table.id > after, *([is_free(free_for, now)] if free_for is not None else [])]
    keys = _page(workspace_id, wanted, kinds, also, limit)
    rows = connection.execute(_whole(keys)) if kinds else ()
    return [_held_field(row) for row in rows], sum(kind.n for kind in kinds)


def _page(
    workspace_id: str,
    wanted: Wanted,
    kinds: Sequence[HeldKind],
    also: Sequence[ColumnElement[bool]],
    limit: int,
) -> Any:
    """The ids of a page. Kinds are merged: each gives its first rows from the one index, in order."""
    table = tables.held_fields.c
    if wanted.is_everything or len(kinds) > MOST_KINDS:
        said = [table[name] == value for name, value in asdict(wanted).items() if value and name != "spec_id"]
        of_spec = select(tables.runs.c.id).where(tables.runs.c.spec_id == wanted.spec_id)
        said += [table.run_id.in_(of_spec)] if wanted.spec_id else []
        query = select(table.id, table.run_document_id, table.field)
        return query.where(table.workspace_id == workspace_id, *said, *also).order_by(table.id).limit(limit)
    parts = [
        select(table.id, table.run_document_id, table.field)
        .where(
            table.run_id == kind.run_id,
            table.field == kind.field,
            table.gate == kind.gate,
            table.reason == kind.reason,
            *also,
        )
        .order_by(table.id)
        .limit(limit)
        .subquery()
        for kind in kinds
    ]
    merged = union_all(*(select(part) for part in parts)).subquery() if parts else None
    return select(merged).order_by(merged.c.id).limit(limit) if merged is not None else None


def _whole(keys: Any) -> Select[Any]:
    """The rows of these keys with their documents."""
    chosen, table = keys.subquery(), tables.held_fields
    return _held_rows().join(
        chosen, (chosen.c.run_document_id == table.c.run_document_id) & (chosen.c.field == table.c.field)
    )


def _held_rows() -> Select[Any]:
    table, document, run = tables.held_fields, tables.run_documents, tables.runs
    return (
        select(table, document.c.document_id, tables.documents.c.filename, run.c.spec_id)
        .join(document, document.c.id == table.c.run_document_id)
        .join(tables.documents, tables.documents.c.id == document.c.document_id)
        .join(run, run.c.id == table.c.run_id)
        .order_by(table.c.id)
    )


def find_held(
    connection: Connection, workspace_id: str, run_document_id: str, field: str
) -> HeldField | None:
    """One held field, if it is held now and its document is at its end."""
    table = tables.held_fields.c
    query = _held_rows().where(
        table.workspace_id == workspace_id, table.run_document_id == run_document_id, table.field == field
    )
    row = connection.execute(query).one_or_none()
    return _held_field(row) if row else None


def _held_field(row: Row[Any]) -> HeldField:
    return HeldField(
        id=row.id,
        pipeline_id=row.run_id,
        run_document_id=row.run_document_id,
        document_id=row.document_id,
        filename=row.filename,
        spec_id=row.spec_id,
        field=row.field,
        reason=row.reason,
        gate=row.gate,
        phase=row.phase,
        confidence=row.confidence,
        version=row.version,
        held_at=row.held_at,
        claimed_by=row.claimed_by,
        claimed_until=row.claimed_until,
    )


def claim_fields(
    connection: Connection,
    workspace_id: str,
    keys: Sequence[tuple[str, str]],
    *,
    reviewer: str,
    until: int,
    now: int,
) -> set[tuple[str, str]]:
    """Claim held fields (pipeline document id, field) for a reviewer; those that are now theirs."""
    table = tables.held_fields
    claim = update(table).values(claimed_by=reviewer, claimed_until=until).where(is_free(reviewer, now))
    return {key for key in keys if connection.execute(claim.where(_is_row(workspace_id, key))).rowcount == 1}


def release_fields(
    connection: Connection, workspace_id: str, keys: Sequence[tuple[str, str]], *, reviewer: str
) -> int:
    """Give back what a reviewer claimed; how many fields."""
    table = tables.held_fields
    release = update(table).values(claimed_by=None, claimed_until=None).where(table.c.claimed_by == reviewer)
    return sum(connection.execute(release.where(_is_row(workspace_id, key))).rowcount for key in keys)


def _is_row(workspace_id: str, key: tuple[str, str]) -> ColumnElement[bool]:
    table = tables.held_fields.c
    ours = table.workspace_id == workspace_id
    return ours & (table.run_document_id == key[0]) & (table.field == key[1])


def is_free(reviewer: str, now: int) -> ColumnElement[bool]:
    """Whether this reviewer may claim a held field at `now`."""
    table = tables.held_fields.c
    return or_(table.claimed_until.is_(None), table.claimed_until <= now, table.claimed_by == reviewer)


def count_failed_reworks(connection: Connection, workspace_id: str) -> int:
    """How many documents have phases that could not run again after a decision."""
    table = tables.reworks
    failed = (table.c.workspace_id == workspace_id) & table.c.failure.is_not(None)
    return int(connection.execute(select(func.count()).select_from(table).where(failed)).scalar_one())
