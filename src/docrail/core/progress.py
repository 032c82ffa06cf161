"""Progress: from the tally of positions to the one answer that every face shows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from docrail.core.plan import Plan, PlannedPhase, Scope
from docrail.core.state import ACTIVE, Position, State, Tally


class RunStatus(StrEnum):
    """What a run is doing."""

    ACTIVE = "active"
    FINALIZING = "finalizing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        return self not in {RunStatus.ACTIVE, RunStatus.FINALIZING}


class PipelinePhaseStatus(StrEnum):
    """What a pipeline-scoped phase is doing; not started is None."""

    RUNNING = "running"
    COMPLETED = "completed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEntry:
    """Why one document (or, without a document, one pipeline-scoped phase) stopped. `at` in ms since 1970."""

    pipeline_document_id: str | None
    document_id: str | None
    phase: str | None
    message: str
    code: str
    attempts: int
    retryable: bool
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """How many documents stopped at one phase for one cause, and one of the messages."""

    phase: str | None
    code: str
    count: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything one consistent read of the store says of a run. Times in ms since 1970.

    `settled` is how many documents were terminal when the generation started (`generation_at`); `errors` is one
    page of the entries, `next_cursor` leads to the rest.
    """

    pipeline_id: str
    plan: Plan
    tally: Tally
    pipeline_phases: Mapping[str, PipelinePhaseStatus | None]
    cancelled: bool
    held_fields: int
    generation: int
    revision: int
    started_at: int
    generation_at: int
    settled: int
    updated_at: int
    finished_at: int | None
    errors: tuple[ErrorEntry, ...] = ()
    next_cursor: str | None = None
    groups: tuple[ErrorGroup, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseProgress:
    """One row: the five counters add up to the run's documents."""

    phase_id: str
    name: str
    type: str
    completed: int
    running: int
    pending: int
    errors: int
    skipped: int
    scope: Scope = Scope.DOCUMENT
    status: PipelinePhaseStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The exact truth about a run at one `revision`. Rate in documents a second, `eta` in seconds (low, high)."""

    pipeline_id: str
    status: RunStatus
    total_documents: int
    completed_documents: int
    error_documents: int
    phases: tuple[PhaseProgress, ...]
    errors: tuple[ErrorEntry, ...]
    errors_total: int
    errors_next_cursor: str | None
    error_groups: tuple[ErrorGroup, ...]
    partial_documents: int
    cancelled_documents: int
    held_fields: int
    finalization_pending: tuple[str, ...]
    generation: int
    revision: int
    started_at: int
    updated_at: int
    finished_at: int | None
    documents_per_second: float | None
    eta: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """How many documents ended how; `completed` includes the partial ones."""

    total: int
    completed: int
    partial: int
    error: int
    cancelled: int

    @property
    def terminal(self) -> int:
        return self.completed + self.error + self.cancelled


def count_ends(counts: Tally) -> Ends:
    """Fold a tally into the ends of its documents."""
    by_state = dict.fromkeys(State, 0)
    for position, n in counts.items():
        by_state[position.state] += n
    return Ends(
        total=sum(by_state.values()),
        completed=by_state[State.COMPLETED] + by_state[State.PARTIAL],
        partial=by_state[State.PARTIAL],
        error=by_state[State.ERROR],
        cancelled=by_state[State.CANCELLED],
    )


def run_status(
    ends: Ends, pipeline_phases: Mapping[str, PipelinePhaseStatus | None], *, cancelled: bool
) -> RunStatus:
    """The status that the ends and the pipeline-scoped phases add up to: never stored as a second truth.

    >>> ends = Ends(total=2, completed=1, partial=0, error=1, cancelled=0)
    >>> run_status(ends, {"assembly": None}, cancelled=False)
    <RunStatus.FINALIZING: 'finalizing'>
    """
    if ends.terminal < ends.total:
        return RunStatus.ACTIVE
    if unfinished(pipeline_phases):
        return RunStatus.FINALIZING
    if cancelled:
        return RunStatus.CANCELLED
    if ends.error == ends.total or PipelinePhaseStatus.ERROR in pipeline_phases.values():
        return RunStatus.FAILED
    return RunStatus.COMPLETED


def unfinished(pipeline_phases: Mapping[str, PipelinePhaseStatus | None]) -> tuple[str, ...]:
    """The ids of the pipeline-scoped phases that are still to be done."""
    return tuple(
        phase for phase, status in pipeline_phases.items() if status in {None, PipelinePhaseStatus.RUNNING}
    )


def summarise(snapshot: Snapshot) -> Progress:
    """The progress of a run from one consistent read. Work grows with the phases, never with the documents."""
    ends = count_ends(snapshot.tally)
    status = run_status(ends, snapshot.pipeline_phases, cancelled=snapshot.cancelled)
    rate, eta = _rate(snapshot, ends)
    return Progress(
        pipeline_id=snapshot.pipeline_id,
        status=status,
        total_documents=ends.total,
        completed_documents=ends.completed,
        error_documents=ends.error,
        phases=_rows(snapshot, ends),
        errors=snapshot.errors,
        errors_total=ends.error,
        errors_next_cursor=snapshot.next_cursor,
        error_groups=snapshot.groups,
        partial_documents=ends.partial,
        cancelled_documents=ends.cancelled,
        held_fields=snapshot.held_fields,
        finalization_pending=() if status.terminal else unfinished(snapshot.pipeline_phases),
        generation=snapshot.generation,
        revision=snapshot.revision,
        started_at=snapshot.started_at,
        updated_at=snapshot.updated_at,
        finished_at=snapshot.finished_at if status.terminal else None,
        documents_per_second=rate,
        eta=eta,
    )


def _rows(snapshot: Snapshot, ends: Ends) -> tuple[PhaseProgress, ...]:
    documents = tuple(
        _document_row(phase, index, snapshot.tally)
        for index, phase in enumerate(snapshot.plan.document_phases)
    )
    pipeline = tuple(
        _pipeline_row(phase, snapshot.pipeline_phases[phase.id], ends)
        for phase in snapshot.plan.pipeline_phases
    )
    return documents + pipeline


def _document_row(phase: PlannedPhase, index: int, counts: Tally) -> PhaseProgress:
    buckets: Counter[str] = Counter()
    for position, n in counts.items():
        buckets[_bucket(position, index)] += n
    return _row(phase, buckets)


def _bucket(position: Position, index: int) -> str:
    """The counter of row `index` that a document at `position` stands in."""
    if position.phase > index:
        return "completed"
    if position.state is State.CANCELLED:
        return "skipped"
    if position.state is State.ERROR:
        return "errors" if position.phase == index else "skipped"
    if position.phase == index and position.state in ACTIVE:
        return "running"
    return "pending"


def _pipeline_row(phase: PlannedPhase, status: PipelinePhaseStatus | None, ends: Ends) -> PhaseProgress:
    worked, others = ends.completed, ends.total - ends.completed
    counts = {
        None: {"pending": ends.total},
        PipelinePhaseStatus.RUNNING: {"running": worked, "skipped": others},
        PipelinePhaseStatus.COMPLETED: {"completed": worked, "skipped": others},
        PipelinePhaseStatus.ERROR: {"errors": worked, "skipped": others},
        PipelinePhaseStatus.SKIPPED: {"skipped": ends.total},
    }[status]
    return replace(_row(phase, counts), scope=Scope.PIPELINE, status=status)


def _row(phase: PlannedPhase, counts: Mapping[str, int]) -> PhaseProgress:
    return PhaseProgress(
        phase_id=phase.id,
        name=phase.name,
        type=phase.type,
        completed=counts.get("completed", 0),
        running=counts.get("running", 0),
        pending=counts.get("pending", 0),
        errors=counts.get("errors", 0),
        skipped=counts.get("skipped", 0),
    )


def _rate(snapshot: Snapshot, ends: Ends) -> tuple[float | None, tuple[int, int] | None]:
    """Documents a second in this generation up to its end or the last change, and the time left as (low, high) seconds.

    The spread is two standard errors of a count of that size: few finished documents say little, and the
    interval says so.
    """
    finished = ends.terminal - snapshot.settled
    until = snapshot.finished_at or snapshot.updated_at
    seconds = (until - snapshot.generation_at) / 1000
    if finished <= 0 or seconds <= 0:
        return None, None
    rate = finished / seconds
    left = ends.total - ends.terminal
    if left == 0:
        return round(rate, 3), None
    spread = min(2 / finished**0.5, 0.9)
    return round(rate, 3), (int(left / rate / (1 + spread)), int(left / rate / (1 - spread)) + 1)
