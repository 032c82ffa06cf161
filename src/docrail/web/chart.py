"""A run over time as points of an SVG, 600 by 140."""

from collections.abc import Sequence
from dataclasses import dataclass

from docrail.usecases.run_history import Moment

WIDTH, HEIGHT = 600.0, 140.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Areas from the bottom up, each the `points` of a polygon; times in ms since 1970."""

    completed: str
    errors: str
    started_at: int
    ended_at: int
    total: int
    last: Moment


def draw_history(moments: Sequence[Moment], *, total: int) -> Chart:
    """The chart of a run: what was completed, and on top of it what failed or was cancelled."""
    most = max(total, 1)
    done = [moment.ends.completed / most for moment in moments]
    ended = [moment.ends.terminal / most for moment in moments]
    return Chart(
        completed=_area(done, [0.0] * len(done)),
        errors=_area(ended, done),
        started_at=moments[0].at,
        ended_at=moments[-1].at,
        total=total,
        last=moments[-1],
    )


def _area(upper: Sequence[float], lower: Sequence[float]) -> str:
    """The polygon between two lines of shares (0..1).

    >>> _area([0.0, 1.0], [0.0, 0.0])
    '0,140 600,0 600,140 0,140'
    """
    step = WIDTH / max(len(upper) - 1, 1)
    there = [(n * step, share) for n, share in enumerate(upper)]
    back = [(n * step, share) for n, share in enumerate(lower)][::-1]
    return " ".join(f"{x:g},{HEIGHT * (1 - share):.4g}" for x, share in there + back)
