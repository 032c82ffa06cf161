"""Moves become true: state, counters, cells, verdicts and errors in one transaction, or not at all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, select, update

from docrail.core.state import Move, Position, State
from docrail.store import tables
from docrail.store.counters import count_changes
from docrail.store.errors import insert_errors
from docrail.store.locks import share_runs
from docrail.store.rows import cell_row, numbered, to_json
from docrail.store.settle import Enqueue, close_chunks

_MOVE = (
    update(tables.run_documents)
    .where(
        tables.run_documents.c.id == bindparam("b_id"),
        tables.run_documents.c.chunk_id == bindparam("b_chunk_id"),
        tables.run_documents.c.phase == bindparam("b_phase"),
        tables.run_documents.c.state == bindparam("b_state"),
    )
    .values(
        phase=bindparam("phase"),
        state=bindparam("state"),
        attempts=bindparam("attempts"),
        crashes=case(
            (tables.run_documents.c.phase == bindparam("phase"), tables.run_documents.c.crashes), else_=0
        ),
        held=tables.run_documents.c.held + bindparam("held_change"),
        timings=func.coalesce(bindparam("timings"), tables.run_documents.c.timings),
        started_at=func.coalesce(tables.run_documents.c.started_at, bindparam("at")),
        completed_at=bindparam("completed_at"),
    )
)


def apply_moves(
    connection: Connection, moves: Sequence[Move], *, enqueue: Enqueue, shard: int = 0
) -> frozenset[int]:
    """Make `moves` true and return which of them (by their places in `moves`) came too late.

    Locks come first (runs, then chunks, in order of their ids), so that two writers never wait for each other in a
    ring.
    """
    share_runs(connection, {move.run_id for move in moves})
    epochs = _lock_chunks(connection, {move.chunk_id for move in moves})
    chains: dict[str, list[int]] = {}
    for number, move in enumerate(moves):
        if epochs.get(move.chunk_id) == move.epoch:
            chains.setdefault(move.document, []).append(number)
    numbers = [chain for chain in chains.values() if _land(connection, [moves[n] for n in chain])]
    landed = [[moves[n] for n in chain] for chain in numbers]
    for run_id in sorted({chain[0].run_id for chain in landed}):
        _record(connection, [chain for chain in landed if chain[0].run_id == run_id], run_id, enqueue, shard)
    return frozenset(range(len(moves))).difference(*numbers)


def _lock_chunks(connection: Connection, ids: set[str]) -> dict[str, int]:
    query = (
        select(tables.chunks.c.id, tables.chunks.c.epoch)
        .where(tables.chunks.c.id.in_(sorted(ids)))
        .order_by(tables.chunks.c.id)
        .with_for_update()
    )
    return {row.id: row.epoch for row in connection.execute(query)}


def _land(connection: Connection, chain: Sequence[Move]) -> bool:
    """Move one document along its chain, guarded by where it must stand now (a retry gives it another chunk)."""
    first, last = chain[0], chain[-1]
    timings = [move.timings for move in chain if move.timings is not None]
    result = connection.execute(
        _MOVE,
        {
            "b_id": first.document,
            "b_chunk_id": first.chunk_id,
            "b_phase": first.before.phase,
            "b_state": first.before.state.value,
            "phase": last.after.phase,
            "state": last.after.state.value,
            "attempts": last.attempts,
            "held_change": sum(move.held for move in chain),
            "timings": to_json(timings[-1]) if timings else None,
            "at": first.at,
            "completed_at": last.at if last.after.terminal else None,
        },
    )
    return result.rowcount == 1


def _record(
    connection: Connection, chains: Sequence[Sequence[Move]], run_id: str, enqueue: Enqueue, shard: int
) -> None:
    """Everything that must be true together with the moves that landed in one run."""
    moves = [move for chain in chains for move in chain]
    at = max(move.at for move in moves)
    _insert_results(connection, moves)
    changes: Counter[Position] = Counter()
    for chain in chains:
        changes[chain[0].before] -= 1
        changes[chain[-1].after] += 1
    count_changes(connection, run_id, changes, at=at, shard=shard, held=sum(m.held for m in moves))
    failed = [move for move in moves if move.after.state is State.ERROR]
    if failed:
        insert_errors(connection, run_id, failed)
    ended = Counter(chain[0].chunk_id for chain in chains if chain[-1].after.terminal)
    close_chunks(connection, run_id, ended, at=at, enqueue=enqueue)


def _insert_results(connection: Connection, moves: Iterable[Move]) -> None:
    cells: list[dict[str, Any]] = []
    verdicts: list[dict[str, Any]] = []
    issues: list[dict[str, Any]] = []
    for move in moves:
        place = {"run_document_id": move.document}
        cells += numbered([cell_row(cell) for cell in move.cells], **place, first=move.first_cell)
        verdicts += numbered(
            [{"phase": v.phase, "body": to_json(v)} for v in move.verdicts], **place, first=move.first_verdict
        )
        issues += numbered([{"body": to_json(i)} for i in move.issues], **place, first=move.first_issue)
    for table, rows in ((tables.cells, cells), (tables.verdicts, verdicts), (tables.issues, issues)):
        if rows:
            connection.execute(insert(table), rows)
