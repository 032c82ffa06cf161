"""The append-only log of what changed when: a run's progress as it was at any time can be added up from it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from docrail.core.progress import PipelinePhaseStatus
from docrail.core.state import Position, State, Tally
from docrail.store import tables
from docrail.store.rows import from_json, to_json

_UP_TO = (
    select(tables.history.c.at, tables.history.c.changes)
    .where(tables.history.c.run_id == bindparam("run_id"), tables.history.c.at <= bindparam("then"))
    .order_by(tables.history.c.id)
)


def remember_counts(
    connection: Connection, run_id: str, deltas: Mapping[Position, int], *, held: int, at: int
) -> None:
    """Documents moved, or fields were held."""
    counts = {f"{position.phase}:{position.state}": n for position, n in deltas.items()}
    _remember(connection, run_id, {"counts": counts, "held": held}, at=at)


def remember_run(
    connection: Connection,
    run: Row[Any],
    phases: Mapping[str, PipelinePhaseStatus | None],
    *,
    finished_at: int | None,
    at: int,
) -> None:
    """The run as a whole stands so now: what is not counted."""
    facts = {
        "cancelled": run.cancelled,
        "generation": run.generation,
        "generation_at": run.generation_at,
        "settled": run.settled,
        "finished_at": finished_at,
        "phases": phases,
    }
    _remember(connection, run.id, {"run": facts}, at=at)


def _remember(connection: Connection, run_id: str, changes: Mapping[str, Any], *, at: int) -> None:
    connection.execute(insert(tables.history), {"run_id": run_id, "at": at, "changes": to_json(changes)})


class Then:
    """A run as it was: every change up to then added up. `revision` 0: the run was not there yet."""

    def __init__(self) -> None:
        self.revision = 0
        self.updated_at = 0
        self.held = 0
        self.run: Mapping[str, Any] = {}
        self._counts: Counter[str] = Counter()

    def add(self, at: int, changes: Mapping[str, Any]) -> None:
        """One more change."""
        self.revision += 1
        self.updated_at = max(self.updated_at, at)
        self.held += changes.get("held", 0)
        self.run = changes.get("run", self.run)
        for place, n in changes.get("counts", {}).items():
            self._counts[place] += n

    @property
    def tally(self) -> Tally:
        """How many documents stood where."""
        split = ((place.split(":"), n) for place, n in self._counts.items() if n)
        return {Position(int(phase), State(state)): n for (phase, state), n in split}

    @property
    def phases(self) -> dict[str, PipelinePhaseStatus | None]:
        """How the pipeline-scoped phases stood."""
        return {
            phase: PipelinePhaseStatus(status) if status else None
            for phase, status in self.run["phases"].items()
        }


def read_then(connection: Connection, run_id: str, *, then: int) -> Then:
    """The run as it was at `then` (ms since 1970). The work grows with the number of commits until then."""
    state = Then()
    for row in connection.execute(_UP_TO, {"run_id": run_id, "then": then}):
        state.add(row.at, from_json(row.changes))
    return state


def read_series(connection: Connection, run_id: str, *, times: Sequence[int]) -> Iterator[Tally]:
    """How many documents stood where at each of `times` (ms since 1970, ascending), from one pass over the log."""
    state = Then()
    waiting = iter(times)
    due = next(waiting, None)
    for row in connection.execute(_UP_TO, {"run_id": run_id, "then": max(times, default=0)}):
        while due is not None and row.at > due:
            yield state.tally
            due = next(waiting, None)
        state.add(row.at, from_json(row.changes))
    while due is not None:
        yield state.tally
        due = next(waiting, None)
