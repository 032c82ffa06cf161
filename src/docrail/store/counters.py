"""How many documents stand where, kept beside the documents: reading them costs the same at any size."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, bindparam, func, select

from docrail.core.state import Position, State, Tally
from docrail.store import tables
from docrail.store.given import upsert_for
from docrail.store.history import remember_counts


def count_changes(
    connection: Connection, run_id: str, changes: Mapping[Position, int], *, at: int, shard: int, held: int
) -> None:
    """Move the counters, the revision and the history by one set of changes.

    The shard's own row comes first: it is the lock on its counters, so no two writers wait for each other in a ring.
    """
    deltas = {position: n for position, n in sorted(changes.items()) if n}
    shards, counters = _statements(connection.dialect.name)
    connection.execute(
        shards, {"run_id": run_id, "shard": shard, "revision": 1, "held": held, "updated_at": at}
    )
    if deltas:
        rows = [
            {"run_id": run_id, "shard": shard, "phase": position.phase, "state": position.state.value, "n": n}
            for position, n in deltas.items()
        ]
        connection.execute(counters, rows)
    remember_counts(connection, run_id, deltas, held=held, at=at)


@cache
def _statements(dialect: str) -> tuple[Insert, Insert]:
    """What moves a shard and what moves its counters, built once: every commit of every worker runs both."""
    shards, counters = upsert_for(dialect, tables.shards), upsert_for(dialect, tables.counters)
    return shards.on_conflict_do_update(
        index_elements=["run_id", "shard"],
        set_={
            "revision": tables.shards.c.revision + 1,
            "held": tables.shards.c.held + shards.excluded.held,
            "updated_at": shards.excluded.updated_at,
        },
    ), counters.on_conflict_do_update(
        index_elements=["run_id", "shard", "phase", "state"],
        set_={"n": tables.counters.c.n + counters.excluded.n},
    )


def read_tally(connection: Connection, run_id: str) -> Tally:
    """The counters of a run, its writers' shards added up."""
    return tally_of(connection.execute(TALLY, {"run_id": run_id}))


def tally_of(rows: Iterable[Sequence[Any]]) -> Tally:
    """The tally of rows of (phase, state, number)."""
    return {Position(phase, State(state)): int(n) for phase, state, n in rows if n}


TALLY = (
    select(tables.counters.c.phase, tables.counters.c.state, func.sum(tables.counters.c.n).label("n"))
    .where(tables.counters.c.run_id == bindparam("run_id"))
    .group_by(tables.counters.c.phase, tables.counters.c.state)
)


def recount(connection: Connection, run_id: str) -> Tally:
    """The same, counted from the documents' own rows: for the audit, as it costs what the run is large."""
    table = tables.run_documents.c
    query = (
        select(table.phase, table.state, func.count().label("n"))
        .where(table.run_id == run_id)
        .group_by(table.phase, table.state)
    )
    return {Position(row.phase, State(row.state)): row.n for row in connection.execute(query)}
