"""What operators watch, counted over every workspace; the work grows with the runs, not with documents."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from docrail.core.plan_json import plan_from_json
from docrail.store import tables
from docrail.store.totals import read_totals

UNDER_WAY = ("active", "finalizing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """Pipelines by status; documents of those under way by phase and state; errors by code; deliveries that wait or
    are dead; held fields; workers put down; what was added up, by name and label."""

    pipelines: Mapping[str, int]
    documents: Mapping[tuple[str, str], int]
    errors: Mapping[str, int]
    deliveries: Mapping[str, int]
    held_fields: int
    workers: int
    totals: Mapping[str, Mapping[str, float]]


def read_gauges(connection: Connection) -> Gauges:
    """The gauges as of this transaction."""
    runs, sent, groups = tables.runs.c, tables.deliveries.c, tables.error_groups.c
    pipelines = select(runs.status, func.count()).group_by(runs.status)
    waiting = sent.state.in_(("pending", "dead"))
    deliveries = select(sent.state, func.count()).where(waiting).group_by(sent.state)
    errors = select(groups.code, func.sum(groups.n)).group_by(groups.code)
    return Gauges(
        pipelines={status: int(n) for status, n in connection.execute(pipelines)},
        documents=_documents(connection),
        errors={code: int(n) for code, n in connection.execute(errors) if n},
        deliveries={"pending": 0, "dead": 0} | {state: int(n) for state, n in connection.execute(deliveries)},
        held_fields=int(connection.execute(select(func.sum(tables.held_counts.c.n))).scalar_one() or 0),
        workers=int(connection.execute(select(func.count()).select_from(tables.workers)).scalar_one()),
        totals=read_totals(connection),
    )


def _documents(connection: Connection) -> Counter[tuple[str, str]]:
    """By the phase that a document is in, or has still to begin; `none` before the first and after the last one."""
    runs, counters = tables.runs.c, tables.counters.c
    found: Counter[tuple[str, str]] = Counter()
    under_way = select(runs.id, runs.plan).where(runs.status.in_(UNDER_WAY))
    for run_id, plan in connection.execute(under_way).all():
        phases = plan_from_json(plan).document_phases
        tally = (
            select(counters.phase, counters.state, func.sum(counters.n))
            .where(counters.run_id == run_id)
            .group_by(counters.phase, counters.state)
        )
        for phase, state, n in connection.execute(tally):
            found[phases[phase].id if 0 <= phase < len(phases) else "none", state] += int(n)
    return found
