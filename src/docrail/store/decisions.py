"""The log of decisions: append-only, one row for each thing that a person said of a field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from docrail.core.model import Value
from docrail.store import tables
from docrail.store.ids import new_id
from docrail.store.rows import from_json, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One row. `before` and `after` are None with `withheld`: the field is held again, by a later gate."""

    id: str
    pipeline_id: str
    run_document_id: str
    document_id: str
    filename: str
    spec_id: str
    field: str
    gate: str
    phase: str
    hold_reason: str
    action: str
    before: Value
    after: Value
    withheld: bool
    reason: str | None
    reviewer: str
    supersedes: str | None
    version: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsWanted:
    """Which decisions; None: whatever."""

    run_id: str | None = None
    run_document_id: str | None = None
    field: str | None = None
    action: str | None = None
    reviewer: str | None = None


def add_decision(connection: Connection, **row: Any) -> str:
    """Log a decision; its id. `before` and `after` are values, the rest the columns of the table."""
    id_ = new_id()
    values = {"before": to_json(row.pop("before")), "after": to_json(row.pop("after"))}
    connection.execute(insert(tables.decisions), {"id": id_, **values, **row})
    return id_


def last_decision(connection: Connection, run_document_id: str, field: str) -> Decision | None:
    """The newest decision on a field."""
    table = tables.decisions.c
    query = _rows().where(table.run_document_id == run_document_id, table.field == field)
    row = connection.execute(query.order_by(table.id.desc()).limit(1)).one_or_none()
    return _decision(row) if row else None


def decisions_on(connection: Connection, run_document_ids: Sequence[str]) -> dict[tuple[str, str], Decision]:
    """The newest decision on each field of these pipeline documents (at most some hundred)."""
    if not run_document_ids:
        return {}
    table = tables.decisions.c
    query = _rows().where(table.run_document_id.in_(run_document_ids)).order_by(table.id)
    return {(row.run_document_id, row.field): _decision(row) for row in connection.execute(query)}


def list_decisions(
    connection: Connection, workspace_id: str, wanted: DecisionsWanted, *, limit: int, before: str | None
) -> tuple[list[Decision], int]:
    """One page, newest first, and how many match."""
    table = tables.decisions.c
    query = _wanted(workspace_id, wanted)
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    if before is not None:
        query = query.where(table.id < before)
    return [_decision(row) for row in connection.execute(query.order_by(table.id.desc()).limit(limit))], total


def every_decision(
    connection: Connection, workspace_id: str, wanted: DecisionsWanted, *, page: int = 1000
) -> Iterator[Decision]:
    """All that match, oldest first, read page by page."""
    table, after = tables.decisions.c, ""
    query = _wanted(workspace_id, wanted).order_by(table.id).limit(page)
    while rows := [_decision(row) for row in connection.execute(query.where(table.id > after))]:
        yield from rows
        after = rows[-1].id


def _wanted(workspace_id: str, wanted: DecisionsWanted) -> Select[Any]:
    table = tables.decisions.c
    said = {name: getattr(wanted, name) for name in wanted.__slots__}
    where = [table[name] == value for name, value in said.items() if value is not None]
    return _rows().where(table.workspace_id == workspace_id, *where)


def _rows() -> Select[Any]:
    table, document, held = tables.decisions, tables.run_documents, tables.held_fields
    same = (held.c.run_document_id == table.c.run_document_id) & (held.c.field == table.c.field)
    return (
        select(
            table,
            document.c.document_id,
            tables.documents.c.filename,
            tables.runs.c.spec_id,
            held.c.id.is_not(None).label("withheld"),
        )
        .join(document, document.c.id == table.c.run_document_id)
        .join(tables.documents, tables.documents.c.id == document.c.document_id)
        .join(tables.runs, tables.runs.c.id == table.c.run_id)
        .outerjoin(held, same)
    )


def _decision(row: Row[Any]) -> Decision:
    withheld = bool(row.withheld)
    return Decision(
        id=row.id,
        pipeline_id=row.run_id,
        run_document_id=row.run_document_id,
        document_id=row.document_id,
        filename=row.filename,
        spec_id=row.spec_id,
        field=row.field,
        gate=row.gate,
        phase=row.phase,
        hold_reason=row.hold_reason,
        action=row.action,
        before=None if withheld else from_json(row.before),
        after=None if withheld else from_json(row.after),
        withheld=withheld,
        reason=row.reason,
        reviewer=row.reviewer,
        supersedes=row.supersedes,
        version=row.version,
        at=row.at,
    )
