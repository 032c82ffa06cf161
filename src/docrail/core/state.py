"""Where a document stands in a run, which moves are allowed, and how many stand where."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from docrail.core.model import Cell, Issue, Verdict

UNREAD = -1
"""The phase of a document that failed before any phase."""

CRASH_LIMIT = 3
"""A document that was running when its worker died this often is an error, never a loop."""


class State(StrEnum):
    """What a document is doing at its phase. `reading` and `waiting` (between two attempts) count as running."""

    QUEUED = "queued"
    READING = "reading"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    PARTIAL = "partial"
    ERROR = "error"
    CANCELLED = "cancelled"


ACTIVE = frozenset({State.READING, State.RUNNING, State.WAITING})
TERMINAL = frozenset({State.COMPLETED, State.PARTIAL, State.ERROR, State.CANCELLED})


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A state at a phase (index into the plan's document phases; their number once past the last one)."""

    phase: int
    state: State

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL


Tally: TypeAlias = Mapping[Position, int]
"""How many documents stand at each position."""


def tally(positions: Iterable[Position]) -> Tally:
    """Count the positions.

    >>> tally([Position(0, State.QUEUED), Position(0, State.QUEUED)])
    Counter({Position(phase=0, state=<State.QUEUED: 'queued'>): 2})
    """
    return Counter(positions)


def allowed(before: Position, after: Position, *, phases: int) -> bool:
    """Whether a worker may move a document from `before` to `after` in a plan of `phases` document phases.

    >>> allowed(Position(0, State.RUNNING), Position(1, State.QUEUED), phases=2)
    True
    >>> allowed(Position(0, State.QUEUED), Position(1, State.QUEUED), phases=2)
    False
    """
    if before.terminal:
        return False
    match after.state:
        case State.READING:
            return before.state in {State.QUEUED, State.WAITING} and after.phase == before.phase
        case State.RUNNING:
            return before.state is not State.RUNNING and after.phase == before.phase
        case State.QUEUED:
            forward = before.state is State.RUNNING and after.phase == before.phase + 1 < phases
            return forward or (before.state in ACTIVE and after.phase == before.phase)
        case State.WAITING:
            return before.state in {State.READING, State.RUNNING} and after.phase == before.phase
        case State.COMPLETED | State.PARTIAL:
            return before.state is State.RUNNING and after.phase == before.phase + 1 == phases
        case State.ERROR:
            unread = before.phase == 0 and before.state is not State.RUNNING
            return after.phase == before.phase or (unread and after.phase == UNREAD)
        case State.CANCELLED:
            return after.phase == before.phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a document stopped: the stable `code`, a sentence for a person, and whether a retry may help."""

    code: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One change of a document's state, with everything that must become true together with it.

    `epoch` is the chunk's when the worker claimed it: a move of an older epoch changes nothing. `attempts` counts the
    tries of the phase so far; `at` is in milliseconds since 1970; `phase_id` is the phase that moved it (None while
    it is only read); `timings` the seconds of every finished phase; `held` by how much the number of held fields
    changes. New cells, verdicts and issues follow the `first_…` ones that the record had before.
    """

    run_id: str
    document: str
    chunk_id: str
    epoch: int
    before: Position
    after: Position
    at: int
    attempts: int
    phase_id: str | None = None
    timings: Mapping[str, float] | None = None
    failure: Failure | None = None
    cells: tuple[Cell, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    issues: tuple[Issue, ...] = ()
    first_cell: int = 0
    first_verdict: int = 0
    first_issue: int = 0
    held: int = 0
