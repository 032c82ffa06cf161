"""The pipeline-scoped phases of a run: claimed with an epoch, finished once, recomposed in a new generation."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from docrail.core.compose import Composed
from docrail.core.progress import ErrorEntry, PipelinePhaseStatus, count_ends, unfinished
from docrail.core.state import Failure
from docrail.store import tables
from docrail.store.counters import read_tally
from docrail.store.errors import insert_error
from docrail.store.locks import own_run
from docrail.store.rows import from_json, to_json
from docrail.store.settle import read_pipeline_phases, write_status
from docrail.store.workers import check_free


def claim_phase(connection: Connection, run_id: str, phase: str, *, worker_id: str, at: int) -> int | None:
    """Start a pipeline-scoped phase that is not finished; the epoch of the claim, or None if nothing is to do.

    While documents move there is nothing to do: the last one of them hands the phase to the engine again. Raises
    HeldByAnother while a living worker is at it.
    """
    own_run(connection, run_id)
    ends = count_ends(read_tally(connection, run_id))
    unfinished_phases = unfinished(read_pipeline_phases(connection, run_id))
    if ends.terminal < ends.total or phase not in unfinished_phases:
        return None
    table = tables.pipeline_phases
    ours = (table.c.run_id == run_id) & (table.c.phase == phase)
    row = connection.execute(select(table.c.status, table.c.worker_id).where(ours)).one()
    if row.status == PipelinePhaseStatus.RUNNING.value:
        check_free(connection, row.worker_id, worker_id)
    running = PipelinePhaseStatus.RUNNING.value
    claimed = update(table).where(ours)
    claimed = claimed.values(
        status=running, epoch=table.c.epoch + 1, worker_id=worker_id, seen=table.c.inputs
    )
    epoch = connection.execute(claimed.returning(table.c.epoch)).scalar_one()
    write_status(connection, run_id, at=at)
    return int(epoch)


def finish_phase(
    connection: Connection, run_id: str, phase: str, records: Sequence[Composed], *, epoch: int, at: int
) -> bool:
    """Store the composed records and end the phase; False, and nothing changes, if the claim is stale."""
    if not _end(connection, run_id, phase, PipelinePhaseStatus.COMPLETED, epoch=epoch):
        return False
    table = tables.composed
    connection.execute(delete(table).where(table.c.run_id == run_id))
    rows = [{"run_id": run_id, "seq": seq, "body": to_json(record)} for seq, record in enumerate(records)]
    if rows:
        connection.execute(insert(table), rows)
    write_status(connection, run_id, at=at)
    return True


def fail_phase(
    connection: Connection, run_id: str, phase: str, failure: Failure, *, epoch: int, attempts: int, at: int
) -> bool:
    """End the phase in error, with an entry of its own; False if the claim is stale."""
    if not _end(connection, run_id, phase, PipelinePhaseStatus.ERROR, epoch=epoch):
        return False
    entry = ErrorEntry(
        pipeline_document_id=None,
        document_id=None,
        phase=phase,
        message=failure.message,
        code=failure.code,
        attempts=attempts,
        retryable=failure.retryable,
        at=at,
    )
    insert_error(connection, run_id, entry)
    write_status(connection, run_id, at=at)
    return True


def _end(connection: Connection, run_id: str, phase: str, status: PipelinePhaseStatus, *, epoch: int) -> bool:
    own_run(connection, run_id)
    table = tables.pipeline_phases
    query = (
        update(table)
        .where(
            table.c.run_id == run_id,
            table.c.phase == phase,
            table.c.epoch == epoch,
            table.c.status == PipelinePhaseStatus.RUNNING.value,
        )
        .values(status=status.value)
    )
    return connection.execute(query).rowcount == 1


def read_composed(
    connection: Connection, run_id: str, *, after: int = -1, limit: int = 200
) -> list[dict[str, Any]]:
    """One page of composed records, with the `seq` to go on after."""
    table = tables.composed.c
    query = (
        select(table.seq, table.body)
        .where(table.run_id == run_id, table.seq > after)
        .order_by(table.seq)
        .limit(limit)
    )
    return [from_json(row.body) | {"seq": row.seq} for row in connection.execute(query)]


def count_composed(connection: Connection, run_id: str) -> int:
    """How many composed records a run has."""
    query = select(func.count()).where(tables.composed.c.run_id == run_id)
    return int(connection.execute(query).scalar_one())
