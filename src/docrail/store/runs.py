"""Runs: made in one transaction with their documents, counters and chunks of work; listed; appended to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Insert,
    Row,
    String,
    bindparam,
    column,
    func,
    insert,
    literal,
    select,
    update,
)

from docrail.core.errors import NotFound
from docrail.core.plan import Plan
from docrail.core.plan_json import plan_from_json, plan_to_json
from docrail.core.progress import RunStatus
from docrail.core.state import Position, State
from docrail.store import tables
from docrail.store.counters import count_changes
from docrail.store.errors import forget_errors
from docrail.store.given import given_rows, listed
from docrail.store.ids import new_id
from docrail.store.rows import from_json, to_json
from docrail.store.settle import CHUNK, Enqueue, write_status

LARGEST_CHUNK = 256
CHUNKS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A pipeline as stored. Times in ms since 1970."""

    id: str
    workspace_id: str
    name: str
    spec_id: str
    spec_name: str
    spec_version: int
    plan: Plan
    metadata: dict[str, Any]
    status: RunStatus
    cancelled: bool
    total: int
    generation: int
    created_at: int
    finished_at: int | None


def chunk_size(documents: int) -> int:
    """How many documents one delivery of work holds: small runs spread, large ones stay cheap.

    >>> [chunk_size(n) for n in (1, 9, 2000, 1_000_000)]
    [1, 1, 32, 256]
    """
    return max(1, min(LARGEST_CHUNK, -(-documents // CHUNKS)))


def create_run(
    connection: Connection,
    *,
    workspace_id: str,
    name: str,
    spec_id: str,
    spec_version: int,
    plan: Plan,
    document_ids: Sequence[str],
    metadata: dict[str, Any],
    at: int,
    enqueue: Enqueue,
) -> str:
    """Insert a run with all that belongs to it and hand its chunks to the engine; the id of the run."""
    run_id = new_id()
    row = {
        "id": run_id,
        "workspace_id": workspace_id,
        "name": name,
        "spec_id": spec_id,
        "spec_version": spec_version,
        "plan": plan_to_json(plan).decode(),
        "metadata": to_json(metadata),
        "status": RunStatus.ACTIVE.value,
        "cancelled": False,
        "total": 0,
        "open_chunks": 0,
        "generation": 1,
        "revision": 0,
        "settled": 0,
        "created_at": at,
        "generation_at": at,
        "updated_at": at,
    }
    connection.execute(insert(tables.runs), row)
    for phase in plan.pipeline_phases:
        connection.execute(
            insert(tables.pipeline_phases), {"run_id": run_id, "phase": phase.id, "status": None, "epoch": 0}
        )
    add_documents(connection, run_id, document_ids, at=at, enqueue=enqueue)
    write_status(connection, run_id, at=at)
    return run_id


def add_documents(
    connection: Connection, run_id: str, document_ids: Sequence[str], *, at: int, enqueue: Enqueue
) -> None:
    """Attach documents to a run, queued at its first phase."""
    size = chunk_size(len(document_ids))
    batches = [document_ids[start : start + size] for start in range(0, len(document_ids), size)]
    for batch in batches:
        chunk_id = open_chunk(connection, run_id, len(batch), enqueue=enqueue)
        rows = [{"id": new_id(), "document_id": document_id} for document_id in batch]
        connection.execute(
            _attach(connection.dialect.name), {"rows": to_json(rows), "run": run_id, "chunk": chunk_id}
        )
    table = tables.runs
    connection.execute(
        update(table)
        .where(table.c.id == run_id)
        .values(total=table.c.total + len(document_ids), open_chunks=table.c.open_chunks + len(batches))
    )
    queued = {Position(0, State.QUEUED): len(document_ids)}
    count_changes(connection, run_id, queued, at=at, shard=0, held=0)


@cache
def _attach(dialect: str) -> Insert:
    """One statement for the documents of a chunk: row by row, PostgreSQL would need most of the time of a start."""
    given = given_rows(dialect, (column("id", String), column("document_id", String)))
    run_id, chunk_id = bindparam("run", type_=String), bindparam("chunk", type_=String)
    state, phase = literal(State.QUEUED.value), literal(0)
    return insert(tables.run_documents).from_select(
        ["id", "document_id", "run_id", "chunk_id", "state", "phase"],
        select(given.c.id, given.c.document_id, run_id, chunk_id, state, phase),
    )


def open_chunk(connection: Connection, run_id: str, size: int, *, enqueue: Enqueue) -> str:
    """A new chunk of `size` documents, handed to the engine; its id."""
    chunk_id = new_id()
    connection.execute(insert(tables.chunks), {"id": chunk_id, "run_id": run_id, "epoch": 0, "open": size})
    enqueue(connection, CHUNK, chunk_id)
    return chunk_id


def new_generation(connection: Connection, run_id: str, *, settled: int, at: int) -> int:
    """Start a generation: `settled` documents stay as they ended, the rest goes on; its number.

    The pipeline-scoped phases are to be done anew, so their failures are forgotten.
    """
    table = tables.runs
    query = (
        update(table)
        .where(table.c.id == run_id)
        .values(
            generation=table.c.generation + 1,
            generation_at=at,
            settled=settled,
            cancelled=False,
            finished_at=None,
        )
        .returning(table.c.generation)
    )
    generation = int(connection.execute(query).scalar_one())
    phases = tables.pipeline_phases
    connection.execute(
        update(phases).where(phases.c.run_id == run_id).values(status=None, epoch=phases.c.epoch + 1)
    )
    forget_errors(connection, run_id, None, at=at)
    write_status(connection, run_id, at=at)
    return generation


def _runs() -> Any:
    return select(tables.runs, tables.specs.c.name.label("spec_name")).join(
        tables.specs, tables.specs.c.id == tables.runs.c.spec_id
    )


def read_run(connection: Connection, run_id: str, *, workspace_id: str | None = None) -> Run:
    """One run. Raises NotFound, also for another workspace's."""
    query = _runs().where(tables.runs.c.id == run_id)
    if workspace_id is not None:
        query = query.where(tables.runs.c.workspace_id == workspace_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"no pipeline {run_id!r}")
    return _run(row)


def list_runs(
    connection: Connection,
    *,
    workspace_id: str,
    limit: int,
    before: str | None = None,
    status: str | None = None,
    spec_id: str | None = None,
    oldest_first: bool = False,
) -> tuple[list[Run], int]:
    """One page of runs, newest first unless asked otherwise, and how many there are in all."""
    table = tables.runs.c
    query = _runs().where(table.workspace_id == workspace_id)
    if status is not None:
        query = query.where(table.status == status)
    if spec_id is not None:
        query = query.where(table.spec_id == spec_id)
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    if before is not None:
        query = query.where(table.id > before if oldest_first else table.id < before)
    query = query.order_by(table.id if oldest_first else table.id.desc()).limit(limit)
    return [_run(row) for row in connection.execute(query)], total


def unfinished_runs(connection: Connection) -> list[str]:
    """The ids of the runs that are not terminal, oldest first."""
    table = tables.runs.c
    waiting = (RunStatus.ACTIVE.value, RunStatus.FINALIZING.value)
    return list(
        connection.execute(select(table.id).where(table.status.in_(waiting)).order_by(table.id)).scalars()
    )


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        spec_id=row.spec_id,
        spec_name=row.spec_name,
        spec_version=row.spec_version,
        plan=plan_from_json(row.plan.encode()),
        metadata=from_json(row.metadata),
        status=RunStatus(row.status),
        cancelled=row.cancelled,
        total=row.total,
        generation=row.generation,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def attached(connection: Connection, run_id: str, document_ids: Iterable[str]) -> set[str]:
    """Which of these documents are in the run already."""
    table = tables.run_documents.c
    wanted = table.document_id.in_(listed(connection, document_ids))
    return set(connection.execute(select(table.document_id).where(table.run_id == run_id, wanted)).scalars())
