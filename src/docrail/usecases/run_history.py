"""A run over time: how many documents had ended how, from its beginning to now or to its end."""

from dataclasses import dataclass

from docrail.bootstrap import Program
from docrail.core.progress import Ends, count_ends
from docrail.store import runs
from docrail.store.clock import read_clock
from docrail.store.history import read_series

POINTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """How the documents of a run stood at a time (ms since 1970)."""

    at: int
    ends: Ends


def read_run_history(program: Program, pipeline_id: str, *, points: int = POINTS) -> list[Moment]:
    """The run at so many times, evenly apart; the last is now, or its end. Raises NotFound."""
    with program.database.reading() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        end = run.finished_at or read_clock(connection)
        span = max(end - run.created_at, points)
        times = [run.created_at + span * n // (points - 1) for n in range(points)]
        series = read_series(connection, run.id, times=times)
        return [Moment(at=at, ends=count_ends(tally)) for at, tally in zip(times, series, strict=True)]
