"""What was composed of records that changed since is composed again, beside the run: its phase stays `completed`.

`inputs` of a pipeline-scoped phase counts the changes, `seen` is how many of them it worked with.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, insert, select, update

from docrail.core.compose import Composed
from docrail.core.progress import ErrorEntry, PipelinePhaseStatus, count_ends
from docrail.core.state import Failure
from docrail.store import tables
from docrail.store.counters import read_tally
from docrail.store.errors import insert_error
from docrail.store.history import remember_run
from docrail.store.locks import own_run
from docrail.store.rows import to_json
from docrail.store.runs import Run, new_generation, read_run
from docrail.store.settle import Enqueue, read_pipeline_phases, write_status
from docrail.store.workers import HeldByAnother

RECOMPOSE = "recompose"


def inputs_changed(connection: Connection, run_id: str, *, enqueue: Enqueue) -> None:
    """A record changed after it completed: what was composed of it is composed again, once for many changes."""
    table = tables.pipeline_phases
    ours = table.c.run_id == run_id
    rows = connection.execute(select(table.c.inputs, table.c.seen).where(ours)).all()
    connection.execute(update(table).where(ours).values(inputs=table.c.inputs + 1))
    if any(row.inputs == row.seen for row in rows):
        enqueue(connection, RECOMPOSE, run_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomposing:
    """A pipeline-scoped phase that is done again with records as they were after `inputs` changes."""

    run: Run
    phase: str
    epoch: int
    inputs: int


def find_recomposing(connection: Connection, run_id: str) -> Recomposing | None:
    """The phase whose composed records are behind the records; None when nothing is to be done again.

    Raises HeldByAnother while the phase itself is under way: it may have begun before the change.
    """
    table = tables.pipeline_phases
    own_run(connection, run_id)
    query = (
        select(table).where(table.c.run_id == run_id, table.c.inputs > table.c.seen).order_by(table.c.phase)
    )
    for row in connection.execute(query):
        if row.status == PipelinePhaseStatus.RUNNING.value:
            raise HeldByAnother(row.worker_id)
        if row.status == PipelinePhaseStatus.COMPLETED.value:
            run = read_run(connection, run_id)
            return Recomposing(run=run, phase=row.phase, epoch=row.epoch, inputs=row.inputs)
    return None


def finish_recomposing(
    connection: Connection, doing: Recomposing, records: Sequence[Composed], *, at: int
) -> bool:
    """The composed records take the place of the former ones; False, and nothing changes, if overtaken.

    The phase stays `completed` all the while, so that progress lowers nothing.
    """
    if not _claim_inputs(connection, doing):
        return False
    run_id = doing.run.id
    connection.execute(delete(tables.composed).where(tables.composed.c.run_id == run_id))
    rows = [{"run_id": run_id, "seq": seq, "body": to_json(record)} for seq, record in enumerate(records)]
    if rows:
        connection.execute(insert(tables.composed), rows)
    _touch(connection, run_id, at=at)
    return True


def fail_recomposing(
    connection: Connection, doing: Recomposing, failure: Failure, *, attempts: int, at: int
) -> bool:
    """The phase ends in error, as a new generation: what it had composed is not true any more."""
    if not _claim_inputs(connection, doing):
        return False
    run_id, table = doing.run.id, tables.pipeline_phases
    settled = count_ends(read_tally(connection, run_id)).terminal
    new_generation(connection, run_id, settled=settled, at=at)
    failed = update(table).where(table.c.run_id == run_id, table.c.phase == doing.phase)
    connection.execute(failed.values(status=PipelinePhaseStatus.ERROR.value))
    entry = ErrorEntry(
        pipeline_document_id=None,
        document_id=None,
        phase=doing.phase,
        message=failure.message,
        code=failure.code,
        attempts=attempts,
        retryable=failure.retryable,
        at=at,
    )
    insert_error(connection, run_id, entry)
    write_status(connection, run_id, at=at)
    return True


def _claim_inputs(connection: Connection, doing: Recomposing) -> bool:
    own_run(connection, doing.run.id)
    table = tables.pipeline_phases
    query = (
        update(table)
        .where(
            table.c.run_id == doing.run.id,
            table.c.phase == doing.phase,
            table.c.epoch == doing.epoch,
            table.c.status == PipelinePhaseStatus.COMPLETED.value,
            table.c.seen < doing.inputs,
        )
        .values(seen=doing.inputs)
    )
    return connection.execute(query).rowcount == 1


def _touch(connection: Connection, run_id: str, *, at: int) -> None:
    """The run changed visibly, though not its status."""
    table = tables.runs
    run: Row[tuple[object, ...]] = connection.execute(select(table).where(table.c.id == run_id)).one()
    connection.execute(
        update(table).where(table.c.id == run_id).values(revision=table.c.revision + 1, updated_at=at)
    )
    phases = read_pipeline_phases(connection, run_id)
    remember_run(connection, run, phases, finished_at=run.finished_at, at=at)
