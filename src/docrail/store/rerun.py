"""Cancel and retry: every document moves in one transaction, and whoever still works on it comes too late."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, select, update

from docrail.core.errors import Conflict
from docrail.core.progress import count_ends
from docrail.core.state import TERMINAL, Position, State
from docrail.store import tables
from docrail.store.counters import count_changes, read_tally
from docrail.store.errors import forget_errors
from docrail.store.given import listed
from docrail.store.locks import own_run
from docrail.store.runs import chunk_size, new_generation, open_chunk, read_run
from docrail.store.settle import ASSEMBLY, Enqueue, settle_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An errored document and the phase it stopped at (UNREAD before any)."""

    id: str
    phase: int


def cancel_run(connection: Connection, run_id: str, *, at: int, enqueue: Enqueue) -> None:
    """End every document that is not terminal as cancelled. Raises Conflict for a terminal run."""
    own_run(connection, run_id)
    if read_run(connection, run_id).status.terminal:
        raise Conflict("the pipeline has ended already: there is nothing to cancel")
    chunks, table = tables.chunks, tables.run_documents
    connection.execute(
        update(chunks)
        .where(chunks.c.run_id == run_id, chunks.c.open > 0)
        .values(epoch=chunks.c.epoch + 1, open=0)
    )
    connection.execute(
        update(tables.runs).where(tables.runs.c.id == run_id).values(cancelled=True, open_chunks=0)
    )
    waiting = (table.c.run_id == run_id) & table.c.state.not_in([state.value for state in TERMINAL])
    connection.execute(update(table).where(waiting).values(state=State.CANCELLED.value, completed_at=at))
    changes: Counter[Position] = Counter()
    for position, n in read_tally(connection, run_id).items():
        if not position.terminal:
            changes[position] -= n
            changes[Position(position.phase, State.CANCELLED)] += n
    count_changes(connection, run_id, changes, at=at, shard=0, held=0)
    phases = tables.pipeline_phases
    connection.execute(update(phases).where(phases.c.run_id == run_id).values(epoch=phases.c.epoch + 1))
    settle_run(connection, run_id, at=at, enqueue=enqueue)


def find_failed(
    connection: Connection,
    run_id: str,
    *,
    phase: str | None = None,
    code: str | None = None,
    document_ids: Sequence[str] | None = None,
) -> list[Failed]:
    """The errored documents of a run that a retry with these filters would run again."""
    table, errors = tables.run_documents.c, tables.errors.c
    query = (
        select(table.id, table.phase)
        .join(tables.errors, errors.run_document_id == table.id)
        .where(table.run_id == run_id, table.state == State.ERROR.value, errors.until.is_(None))
        .order_by(table.id)
    )
    if phase is not None:
        query = query.where(errors.phase == phase)
    if code is not None:
        query = query.where(errors.code == code)
    if document_ids is not None:
        query = query.where(table.document_id.in_(listed(connection, document_ids)))
    return [Failed(id=row.id, phase=row.phase) for row in connection.execute(query)]


def failed_phases(connection: Connection, run_id: str) -> list[str]:
    """The pipeline-scoped phases that ended in error."""
    table = tables.pipeline_phases.c
    query = select(table.phase).where(table.run_id == run_id, table.status == "error")
    return list(connection.execute(query).scalars())


def retry_documents(
    connection: Connection, run_id: str, failed: Sequence[Failed], *, at: int, enqueue: Enqueue
) -> int:
    """Queue these documents at the phase that failed, as a new generation; its number."""
    table = tables.run_documents
    settled = count_ends(read_tally(connection, run_id)).terminal - len(failed)
    size = chunk_size(len(failed))
    batches = [failed[start : start + size] for start in range(0, len(failed), size)]
    changes: Counter[Position] = Counter()
    for batch in batches:
        forget_errors(connection, run_id, [each.id for each in batch], at=at)
        chunk_id = open_chunk(connection, run_id, len(batch), enqueue=enqueue)
        connection.execute(
            update(table)
            .where(table.c.id.in_(listed(connection, [each.id for each in batch])))
            .values(
                chunk_id=chunk_id,
                state=State.QUEUED.value,
                phase=case((table.c.phase < 0, 0), else_=table.c.phase),
                attempts=0,
                crashes=0,
                completed_at=None,
            )
        )
        for each in batch:
            changes[Position(each.phase, State.ERROR)] -= 1
            changes[Position(max(each.phase, 0), State.QUEUED)] += 1
    runs = tables.runs
    connection.execute(
        update(runs).where(runs.c.id == run_id).values(open_chunks=runs.c.open_chunks + len(batches))
    )
    count_changes(connection, run_id, changes, at=at, shard=0, held=0)
    return new_generation(connection, run_id, settled=settled, at=at)


def retry_phases(connection: Connection, run_id: str, *, at: int, enqueue: Enqueue) -> int:
    """Run the failed pipeline-scoped phases again, as a new generation; its number."""
    settled = count_ends(read_tally(connection, run_id)).terminal
    generation = new_generation(connection, run_id, settled=settled, at=at)
    enqueue(connection, ASSEMBLY, run_id)
    return generation
