"""Chunks: a worker claims one, and every write it makes carries the epoch of its claim."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, select, update

from docrail.core.model import Document
from docrail.core.state import ACTIVE, CRASH_LIMIT, TERMINAL, Failure, Move, Position, State
from docrail.store import tables
from docrail.store.counters import count_changes
from docrail.store.locks import share_runs
from docrail.store.moves import apply_moves
from docrail.store.rows import from_json
from docrail.store.runs import Run, read_run
from docrail.store.settle import Enqueue
from docrail.store.workers import check_free


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One document of a claimed chunk: where it stands, and how often its phase was tried."""

    id: str
    document: Document
    position: Position
    attempts: int
    timings: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A chunk held by one worker: no other holds this epoch. `after_crash`: somebody held it before and lost it."""

    chunk_id: str
    epoch: int
    after_crash: bool
    run: Run
    works: Sequence[Work]


def claim_chunk(
    connection: Connection, chunk_id: str, *, worker_id: str, at: int, enqueue: Enqueue
) -> Claim | None:
    """Take a chunk: older claims become stale and interrupted documents go back to pending.

    None when nothing is left to do. Raises HeldByAnother while a living worker has it. An interrupted attempt is no
    attempt, but a document that was running when its worker died three times is an error with code `crashed`; nobody
    died if the last claim was this worker's own (the database was away, say).
    """
    chunks = tables.chunks
    share_runs(
        connection, connection.execute(select(chunks.c.run_id).where(chunks.c.id == chunk_id)).scalars()
    )
    query = select(chunks.c.worker_id).where(chunks.c.id == chunk_id, chunks.c.open > 0).with_for_update()
    held = connection.execute(query).one_or_none()
    if held is None:
        return None
    check_free(connection, held.worker_id, worker_id)
    claimed = update(chunks).where(chunks.c.id == chunk_id)
    claimed = claimed.values(epoch=chunks.c.epoch + 1, worker_id=worker_id)
    chunk = connection.execute(claimed.returning(chunks.c.epoch, chunks.c.run_id)).one()
    _put_back(connection, chunk_id, chunk.run_id, crashed=held.worker_id not in (None, worker_id), at=at)
    run = read_run(connection, chunk.run_id)
    crashed = _give_up_crashed(connection, chunk_id, chunk.epoch, run, at=at)
    if crashed:
        apply_moves(connection, crashed, enqueue=enqueue)
    works = _open_documents(connection, chunk_id)
    return Claim(chunk_id=chunk_id, epoch=chunk.epoch, after_crash=chunk.epoch > 1, run=run, works=works)


def _put_back(connection: Connection, chunk_id: str, run_id: str, *, crashed: bool, at: int) -> None:
    """Interrupted documents are pending again; those that ran when their worker died count a crash."""
    table = tables.run_documents
    running = table.c.state == State.RUNNING.value
    interrupted = (table.c.chunk_id == chunk_id) & table.c.state.in_([state.value for state in ACTIVE])
    before = Counter(
        Position(row.phase, State(row.state))
        for row in connection.execute(select(table.c.phase, table.c.state).where(interrupted))
    )
    if not before:
        return
    connection.execute(
        update(table)
        .where(interrupted)
        .values(
            state=State.QUEUED.value,
            crashes=table.c.crashes + (case((running, 1), else_=0) if crashed else 0),
            attempts=table.c.attempts - case((running, 1), else_=0),
        )
    )
    changes = Counter({position: -n for position, n in before.items()})
    for position, n in before.items():
        changes[Position(position.phase, State.QUEUED)] += n
    count_changes(connection, run_id, changes, at=at, shard=0, held=0)


def _give_up_crashed(connection: Connection, chunk_id: str, epoch: int, run: Run, *, at: int) -> list[Move]:
    table = tables.run_documents.c
    query = select(tables.run_documents).where(
        table.chunk_id == chunk_id, table.state == State.QUEUED.value, table.crashes >= CRASH_LIMIT
    )
    return [
        Move(
            run_id=run.id,
            document=row.id,
            chunk_id=chunk_id,
            epoch=epoch,
            before=Position(row.phase, State.QUEUED),
            after=Position(row.phase, State.ERROR),
            at=at,
            attempts=row.attempts + row.crashes,
            phase_id=run.plan.document_phases[row.phase].id,
            failure=Failure(
                code="crashed",
                message=f"{run.plan.document_phases[row.phase].name} took its worker down {row.crashes} times. "
                "Look at the document, then retry it alone.",
                retryable=True,
            ),
        )
        for row in connection.execute(query)
    ]


def _open_documents(connection: Connection, chunk_id: str) -> list[Work]:
    ours, document = tables.run_documents.c, tables.documents.c
    query = (
        select(
            *(ours.id, ours.phase, ours.state, ours.attempts, ours.timings),
            *(document.id, document.digest, document.filename, document.media_type, document.size_bytes),
            document.metadata,
        )
        .join_from(tables.run_documents, tables.documents, document.id == ours.document_id)
        .where(ours.chunk_id == chunk_id, ours.state.not_in([state.value for state in TERMINAL]))
        .order_by(ours.id)
    )
    rows = connection.execute(query)
    return [
        Work(
            id=run_document,
            document=Document(
                id=id_,
                digest=digest,
                filename=filename,
                media_type=media_type,
                size_bytes=size,
                metadata=from_json(metadata),
            ),
            position=Position(phase, State(state)),
            attempts=attempts,
            timings=from_json(timings),
        )
        for run_document, phase, state, attempts, timings, id_, digest, filename, media_type, size, metadata in rows
    ]
