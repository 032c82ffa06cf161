"""The documents of a run, as rows to look at."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from docrail.core.errors import NotFound
from docrail.core.state import ACTIVE, Position, State
from docrail.models.protocol import UNUSED, Usage
from docrail.store import tables
from docrail.store.counters import read_tally
from docrail.store.rows import from_json
from docrail.store.runs import Run
from docrail.store.usage import read_document_usage


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDocument:
    """A document in a run. `status` is one of the contract's words; `phase` the id it stands at (None at the end);
    `timings` in seconds by phase id; `usage` of the model over all phases; times in ms since 1970."""

    id: str
    document_id: str
    filename: str
    status: str
    phase: str | None
    attempts: int
    held_fields: int
    error_code: str | None
    error_message: str | None
    started_at: int | None
    completed_at: int | None
    timings: dict[str, float]
    usage: Usage = UNUSED


def list_run_documents(
    connection: Connection,
    run: Run,
    *,
    limit: int,
    after: str | None = None,
    status: str | None = None,
    phase: str | None = None,
) -> tuple[list[RunDocument], int]:
    """One page in the run's order, and how many match: told by the counters, so that nothing is counted."""
    table = tables.run_documents
    where: list[ColumnElement[bool]] = [table.c.run_id == run.id]
    tally = read_tally(connection, run.id)
    if status is not None:
        states = _states(status)
        where.append(table.c.state.in_(states))
        tally = {position: n for position, n in tally.items() if position.state.value in states}
    if phase is not None:
        index = _index(run, phase)
        where.append(table.c.phase == index)
        tally = {position: n for position, n in tally.items() if position.phase == index}
    query = _rows().where(*where, table.c.id > (after or "")).order_by(table.c.id).limit(limit)
    rows = connection.execute(query).all()
    usage = read_document_usage(connection, run.id, [row.document_id for row in rows])
    shown = [_document(row, run, usage.get(row.document_id, UNUSED)) for row in rows]
    return shown, sum(tally.values())


def list_moving(connection: Connection, run: Run, *, limit: int) -> list[RunDocument]:
    """Some of the documents that are being worked on now: those of chunks that a worker has."""
    chunk, table = tables.chunks.c, tables.run_documents.c
    taken = select(chunk.id).where(chunk.run_id == run.id, chunk.open > 0, chunk.worker_id.is_not(None))
    active = [state.value for state in ACTIVE]
    query = _rows().where(table.chunk_id.in_(taken), table.state.in_(active)).limit(limit)
    return [_document(row, run, UNUSED) for row in connection.execute(query)]


def read_run_document(connection: Connection, run: Run, id_: str) -> RunDocument:
    """One document of the run, by its id in the run or its own. Raises NotFound."""
    table = tables.run_documents.c
    query = _rows().where(table.run_id == run.id, (table.id == id_) | (table.document_id == id_))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"no document {id_!r} in this pipeline")
    usage = read_document_usage(connection, run.id, [row.document_id])
    return _document(row, run, usage.get(row.document_id, UNUSED))


def _rows() -> Select[Any]:
    """Documents of runs with their names and what stopped them."""
    table, errors = tables.run_documents, tables.errors
    return (
        select(table, tables.documents.c.filename, errors.c.code, errors.c.message)
        .join(tables.documents, tables.documents.c.id == table.c.document_id)
        .outerjoin(errors, (errors.c.run_document_id == table.c.id) & errors.c.until.is_(None))
    )


def ids_ending(connection: Connection, workspace_id: str, ending: str, *, limit: int = 6) -> list[str]:
    """Some of the pipeline documents whose ids end so, newest first. The work grows with the documents."""
    table, run = tables.run_documents.c, tables.runs.c
    query = (
        select(table.id)
        .join(tables.runs, run.id == table.run_id)
        .where(run.workspace_id == workspace_id, table.id.endswith(ending.lower(), autoescape=True))
        .order_by(table.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def _states(status: str) -> list[str]:
    """The stored states that a status of the contract stands for."""
    return [state.value for state in ACTIVE] if status == "running" else [status]


def _index(run: Run, phase: str) -> int:
    ids = [each.id for each in run.plan.document_phases]
    return ids.index(phase) if phase in ids else -2


def _document(row: Row[Any], run: Run, usage: Usage) -> RunDocument:
    position = Position(row.phase, State(row.state))
    phases = run.plan.document_phases
    return RunDocument(
        id=row.id,
        document_id=row.document_id,
        filename=row.filename,
        status="running" if position.state in ACTIVE else position.state.value,
        phase=phases[position.phase].id if 0 <= position.phase < len(phases) else None,
        attempts=row.attempts,
        held_fields=row.held,
        error_code=row.code,
        error_message=row.message,
        started_at=row.started_at,
        completed_at=row.completed_at,
        timings=from_json(row.timings),
        usage=usage,
    )
