"""The end of a run: the last chunk's last document starts assembly or ends the run, once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, bindparam, select, update

from docrail.core.progress import PipelinePhaseStatus, RunStatus, count_ends, run_status, unfinished
from docrail.store import tables
from docrail.store.counters import read_tally
from docrail.store.history import remember_run
from docrail.store.limits import forget_limits
from docrail.store.outbox import tell_of_run

Enqueue: TypeAlias = Callable[[Connection, str, str], None]
"""Hands a task by its name and one id to the durable engine, inside the caller's transaction."""

CHUNK = "chunk"
ASSEMBLY = "assembly"


def close_chunks(
    connection: Connection, run_id: str, ended: Mapping[str, int], *, at: int, enqueue: Enqueue
) -> None:
    """Take documents that ended off their chunks; when the run's last chunk is empty, settle the run."""
    empty = 0
    for chunk_id, n in sorted(ended.items()):
        table = tables.chunks
        query = (
            update(table).where(table.c.id == chunk_id).values(open=table.c.open - n).returning(table.c.open)
        )
        empty += connection.execute(query).scalar_one() == 0
    if empty and _open_chunks(connection, run_id, less=empty) == 0:
        settle_run(connection, run_id, at=at, enqueue=enqueue)


def _open_chunks(connection: Connection, run_id: str, *, less: int) -> int:
    table = tables.runs
    query = update(table).where(table.c.id == run_id).values(open_chunks=table.c.open_chunks - less)
    return int(connection.execute(query.returning(table.c.open_chunks)).scalar_one())


def settle_run(connection: Connection, run_id: str, *, at: int, enqueue: Enqueue) -> None:
    """Every document is terminal: start the pipeline-scoped phases if there is anything to do, else end."""
    cancelled = connection.execute(
        select(tables.runs.c.cancelled).where(tables.runs.c.id == run_id)
    ).scalar_one()
    ends = count_ends(read_tally(connection, run_id))
    phases = read_pipeline_phases(connection, run_id)
    if phases and (cancelled or ends.completed == 0):
        _skip_phases(connection, run_id, unfinished(phases))
    elif phases:
        enqueue(connection, ASSEMBLY, run_id)
    write_status(connection, run_id, at=at)


def _skip_phases(connection: Connection, run_id: str, phases: Sequence[str]) -> None:
    table = tables.pipeline_phases
    ours = (table.c.run_id == run_id) & table.c.phase.in_(phases)
    connection.execute(update(table).where(ours).values(status=PipelinePhaseStatus.SKIPPED.value))


def read_pipeline_phases(connection: Connection, run_id: str) -> dict[str, PipelinePhaseStatus | None]:
    """The statuses of the pipeline-scoped phases of a run."""
    return statuses_of(connection.execute(PIPELINE_PHASES, {"run_id": run_id}))


def statuses_of(rows: Iterable[Sequence[Any]]) -> dict[str, PipelinePhaseStatus | None]:
    """The statuses of rows of (phase, status)."""
    return {phase: PipelinePhaseStatus(status) if status else None for phase, status in rows}


_TOLD = frozenset({RunStatus.FINALIZING, RunStatus.COMPLETED, RunStatus.FAILED})

PIPELINE_PHASES = (
    select(tables.pipeline_phases.c.phase, tables.pipeline_phases.c.status)
    .where(tables.pipeline_phases.c.run_id == bindparam("run_id"))
    .order_by(tables.pipeline_phases.c.phase)
)


def write_status(connection: Connection, run_id: str, *, at: int) -> RunStatus:
    """Store the status that the counters add up to, in the transaction that changed them, for listings."""
    table = tables.runs
    run = connection.execute(select(table).where(table.c.id == run_id)).one()
    phases = read_pipeline_phases(connection, run_id)
    status = run_status(count_ends(read_tally(connection, run_id)), phases, cancelled=run.cancelled)
    finished_at = at if status.terminal else None
    connection.execute(
        update(table)
        .where(table.c.id == run_id)
        .values(
            status=status.value,
            revision=table.c.revision + 1,
            updated_at=at,
            finished_at=finished_at,
        )
    )
    remember_run(connection, run, phases, finished_at=finished_at, at=at)
    if status.terminal:
        forget_limits(connection, run_id)
    if status.value != run.status and status in _TOLD:
        tell_of_run(connection, run_id, f"pipeline.{status.value}", {"status": status.value}, at=at)
    return status
