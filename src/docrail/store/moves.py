"""Moves become true: state, counters, cells, verdicts and errors in one transaction, or not at all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    String,
    Update,
    case,
    column,
    func,
    insert,
    select,
    update,
)

from docrail.core.state import Move, Position, State
from docrail.store import tables
from docrail.store.clock import read_clock
from docrail.store.counters import count_changes
from docrail.store.errors import insert_errors
from docrail.store.given import given_rows
from docrail.store.held_queue import refresh_queue
from docrail.store.locks import share_runs
from docrail.store.outbox import tell_of_moves
from docrail.store.rows import cell_row, numbered, to_json
from docrail.store.settle import Enqueue, close_chunks
from docrail.store.totals import add_totals, count_phases

_COLUMNS = (
    column("id", String),
    column("chunk_id", String),
    column("phase_before", Integer),
    column("state_before", String),
    column("phase", Integer),
    column("state", String),
    column("attempts", Integer),
    column("held", Integer),
    column("timings", String),
    column("at", BigInteger),
    column("completed_at", BigInteger),
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
    landed = _land(connection, {each: [moves[n] for n in chain] for each, chain in chains.items()})
    for run_id in sorted({chain[0].run_id for chain in landed.values()}):
        _record(connection, [c for c in landed.values() if c[0].run_id == run_id], run_id, enqueue, shard)
    in_time = {number for document in landed for number in chains[document]}
    return frozenset(number for number in range(len(moves)) if number not in in_time)


def _lock_chunks(connection: Connection, ids: set[str]) -> dict[str, int]:
    query = (
        select(tables.chunks.c.id, tables.chunks.c.epoch)
        .where(tables.chunks.c.id.in_(sorted(ids)))
        .order_by(tables.chunks.c.id)
        .with_for_update()
    )
    return {row.id: row.epoch for row in connection.execute(query)}


def _land(connection: Connection, chains: dict[str, list[Move]]) -> dict[str, list[Move]]:
    """Move each document along its chain, guarded by where it must stand now (a retry gives it another chunk)."""
    if not chains:
        return {}
    rows = to_json([_row(chain) for chain in chains.values()])
    landed = connection.execute(_move(connection.dialect.name), {"rows": rows}).scalars()
    return {document: chains[document] for document in landed}


def _row(chain: Sequence[Move]) -> dict[str, Any]:
    first, last = chain[0], chain[-1]
    timings = [move.timings for move in chain if move.timings is not None]
    return {
        "id": first.document,
        "chunk_id": first.chunk_id,
        "phase_before": first.before.phase,
        "state_before": first.before.state,
        "phase": last.after.phase,
        "state": last.after.state,
        "attempts": last.attempts,
        "held": sum(move.held for move in chain),
        "timings": to_json(timings[-1]) if timings else None,
        "at": first.at,
        "completed_at": last.at if last.after.terminal else None,
    }


@cache
def _move(dialect: str) -> Update:
    """One statement for any number of documents; it returns the ids of those that moved."""
    table, given = tables.run_documents, given_rows(dialect, _COLUMNS)
    return (
        update(table)
        .where(
            table.c.id == given.c.id,
            table.c.chunk_id == given.c.chunk_id,
            table.c.phase == given.c.phase_before,
            table.c.state == given.c.state_before,
        )
        .values(
            phase=given.c.phase,
            state=given.c.state,
            attempts=given.c.attempts,
            crashes=case((table.c.phase == given.c.phase, table.c.crashes), else_=0),
            held=table.c.held + given.c.held,
            timings=func.coalesce(given.c.timings, table.c.timings),
            started_at=func.coalesce(table.c.started_at, given.c.at),
            completed_at=given.c.completed_at,
        )
        .returning(table.c.id)
    )


def _record(
    connection: Connection, chains: Sequence[Sequence[Move]], run_id: str, enqueue: Enqueue, shard: int
) -> None:
    """Everything that must be true together with the moves that landed in one run."""
    moves = [move for chain in chains for move in chain]
    at = read_clock(connection)
    _insert_results(connection, moves)
    changes: Counter[Position] = Counter()
    for chain in chains:
        changes[chain[0].before] -= 1
        changes[chain[-1].after] += 1
    count_changes(connection, run_id, changes, at=at, shard=shard, held=sum(m.held for m in moves))
    partial = [chain[-1].document for chain in chains if chain[-1].after.state is State.PARTIAL]
    refresh_queue(connection, run_id, partial, at=at, shard=shard)
    failed = [move for move in moves if move.after.state is State.ERROR]
    if failed:
        insert_errors(connection, run_id, failed, at=at)
    tell_of_moves(connection, run_id, [chain[-1] for chain in chains if chain[-1].after.terminal], at=at)
    ended = Counter(chain[0].chunk_id for chain in chains if chain[-1].after.terminal)
    close_chunks(connection, run_id, ended, at=at, enqueue=enqueue)
    add_totals(connection, count_phases(moves), shard=shard)


def _insert_results(connection: Connection, moves: Iterable[Move]) -> None:
    cells: list[dict[str, Any]] = []
    verdicts: list[dict[str, Any]] = []
    issues: list[dict[str, Any]] = []
    for move in moves:
        if not (move.cells or move.verdicts or move.issues):
            continue
        place = {"run_document_id": move.document}
        cells += numbered([cell_row(cell) for cell in move.cells], **place, first=move.first_cell)
        verdicts += numbered(
            [{"phase": v.phase, "body": to_json(v)} for v in move.verdicts], **place, first=move.first_verdict
        )
        issues += numbered([{"body": to_json(i)} for i in move.issues], **place, first=move.first_issue)
    for table, rows in ((tables.cells, cells), (tables.verdicts, verdicts), (tables.issues, issues)):
        if rows:
            connection.execute(insert(table), rows)
