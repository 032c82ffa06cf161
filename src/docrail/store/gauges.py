"""What operators watch, counted over every workspace; the work grows with the runs under way, not with documents."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from docrail.store import tables

UNDER_WAY = ("active", "finalizing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """Pipelines by status, documents of those under way by state, deliveries by state, workers put down."""

    pipelines: Mapping[str, int]
    documents: Mapping[str, int]
    deliveries: Mapping[str, int]
    workers: int


def read_gauges(connection: Connection) -> Gauges:
    """The gauges as of this transaction."""
    runs, counters, sent = tables.runs.c, tables.counters.c, tables.deliveries.c
    pipelines = select(runs.status, func.count()).group_by(runs.status)
    documents = (
        select(counters.state, func.sum(counters.n))
        .join(tables.runs, runs.id == counters.run_id)
        .where(runs.status.in_(UNDER_WAY))
        .group_by(counters.state)
    )
    deliveries = select(sent.state, func.count()).group_by(sent.state)
    workers = select(func.count()).select_from(tables.workers)
    return Gauges(
        pipelines={status: int(n) for status, n in connection.execute(pipelines)},
        documents={state: int(n) for state, n in connection.execute(documents)},
        deliveries={state: int(n) for state, n in connection.execute(deliveries)},
        workers=int(connection.execute(workers).scalar_one()),
    )
