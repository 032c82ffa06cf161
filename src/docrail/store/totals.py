"""What has happened since the installation began, added up: for those who watch, at the same cost at any size."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import Connection, Insert, func, select

from docrail.core.state import Move
from docrail.models.protocol import Usage
from docrail.store import tables
from docrail.store.given import upsert_for

SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0)
"""Upper bounds of the buckets of what phases take."""
Totals = Mapping[tuple[str, str], float]
"""Amounts by name and label."""


def add_totals(connection: Connection, amounts: Totals, *, shard: int = 0) -> None:
    """Add these amounts, in order of their keys, so that no two writers wait for each other in a ring."""
    if not amounts:
        return
    rows = [
        {"name": name, "label": label, "shard": shard, "n": n} for (name, label), n in sorted(amounts.items())
    ]
    connection.execute(_add(connection.dialect.name), rows)


@cache
def _add(dialect: str) -> Insert:
    table, statement = tables.totals, upsert_for(dialect, tables.totals)
    return statement.on_conflict_do_update(
        index_elements=["name", "label", "shard"], set_={"n": table.c.n + statement.excluded.n}
    )


def read_totals(connection: Connection) -> dict[str, dict[str, float]]:
    """Every total by name and label, the workers' shards added up."""
    table = tables.totals.c
    query = select(table.name, table.label, func.sum(table.n)).group_by(table.name, table.label)
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for name, label, n in connection.execute(query):
        found[name][label] = float(n)
    return dict(found)


def count_phases(moves: Sequence[Move]) -> Totals:
    """What these moves say of how long phases took: seconds by phase, and ends by phase and bucket."""
    found: Counter[tuple[str, str]] = Counter()
    for move in moves:
        if move.timings is None or move.phase_id is None:
            continue
        seconds = move.timings[move.phase_id]
        found["phase_seconds", move.phase_id] += seconds  # type: ignore[assignment]  # a Counter adds up floats too
        found["phase_ends", f"{move.phase_id}|{bisect_left(SECONDS, seconds)}"] += 1
    return found


def count_usage(model: str, usage: Usage) -> Totals:
    """What one use of a model adds."""
    return {
        ("model_calls", model): usage.calls,
        ("model_failed_calls", model): usage.failed,
        ("model_input_tokens", model): usage.input_tokens,
        ("model_output_tokens", model): usage.output_tokens,
        ("model_cost", model): usage.cost,
    }
