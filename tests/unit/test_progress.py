"""The rules of progress on hand-made snapshots: contract, part 2."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docrail.core.invariants import broken_rules
from docrail.core.plan import PhaseType, Plan, PlannedPhase, Scope
from docrail.core.progress import (
    Ends,
    ErrorEntry,
    ErrorGroup,
    PhaseProgress,
    PipelinePhaseStatus,
    Progress,
    RunStatus,
    Snapshot,
    run_status,
    summarise,
)
from docrail.core.state import UNREAD, Position, State, Tally

DOCUMENT_PHASES = ("transfer", "extraction", "resolution", "validation")
NOT_STARTED: Mapping[str, PipelinePhaseStatus | None] = {"assembly": None}


def make_plan(*, phases: tuple[str, ...] = DOCUMENT_PHASES, assembly: bool = True) -> Plan:
    planned = [
        PlannedPhase(id=each, name=each.capitalize(), type=PhaseType(each), config={}) for each in phases
    ]
    if assembly:
        planned.append(
            PlannedPhase(
                id="assembly", name="Assembly", type=PhaseType.ASSEMBLY, config={}, scope=Scope.PIPELINE
            )
        )
    return Plan(fields=(), phases=tuple(planned))


def make_entry(number: int, *, phase: str | None = "extraction") -> ErrorEntry:
    return ErrorEntry(
        pipeline_document_id=f"run-document-{number}",
        document_id=f"document-{number}",
        phase=phase,
        message="Extraction failed after 3 attempts.",
        code="extraction_failed",
        attempts=3,
        retryable=True,
        at=10_000,
    )


def make_snapshot(
    tally: Tally,
    *,
    plan: Plan | None = None,
    pipeline: Mapping[str, PipelinePhaseStatus | None] = NOT_STARTED,
    cancelled: bool = False,
) -> Snapshot:
    plan = plan or make_plan()
    errors, groups = _errors_of(tally, plan)
    return Snapshot(
        pipeline_id="run",
        plan=plan,
        tally=tally,
        pipeline_phases=pipeline if plan.pipeline_phases else {},
        cancelled=cancelled,
        held_fields=0,
        generation=1,
        revision=1,
        started_at=0,
        generation_at=0,
        settled=0,
        updated_at=10_000,
        finished_at=None,
        errors=errors,
        groups=groups,
    )


def _errors_of(tally: Tally, plan: Plan) -> tuple[tuple[ErrorEntry, ...], tuple[ErrorGroup, ...]]:
    entries: list[ErrorEntry] = []
    groups = []
    for position, n in sorted(tally.items()):
        if position.state is State.ERROR and n:
            phase = None if position.phase == UNREAD else plan.document_phases[position.phase].id
            entries += [make_entry(len(entries) + each, phase=phase) for each in range(n)]
            groups.append(ErrorGroup(phase=phase, code="extraction_failed", count=n, example="…"))
    return tuple(entries), tuple(groups)


def counts(row: PhaseProgress) -> tuple[int, int, int, int, int]:
    return row.completed, row.running, row.pending, row.errors, row.skipped


CONTRACT_TALLY: Tally = {
    Position(4, State.COMPLETED): 13,
    Position(4, State.PARTIAL): 2,
    Position(1, State.ERROR): 1,
    Position(2, State.RUNNING): 7,
    Position(3, State.RUNNING): 1,
}


def test_the_table_of_24_documents_of_the_contract() -> None:
    progress = summarise(make_snapshot(CONTRACT_TALLY))

    assert {row.phase_id: counts(row) for row in progress.phases} == {
        "transfer": (24, 0, 0, 0, 0),
        "extraction": (23, 0, 0, 1, 0),
        "resolution": (16, 7, 0, 0, 1),
        "validation": (15, 1, 7, 0, 1),
        "assembly": (0, 0, 24, 0, 0),
    }
    assert progress.status is RunStatus.ACTIVE
    assert (progress.total_documents, progress.completed_documents, progress.error_documents) == (24, 15, 1)
    assert (progress.partial_documents, progress.errors_total) == (2, 1)
    assert progress.finalization_pending == ("assembly",)
    assert broken_rules(progress) == ()


def test_the_uncorrected_table_of_24_documents_is_reported() -> None:
    progress = summarise(make_snapshot(CONTRACT_TALLY))
    transfer, extraction, *others = progress.phases
    uncorrected = replace(extraction, completed=23, running=6, pending=0, errors=1, skipped=0)

    broken = broken_rules(replace(progress, phases=(transfer, uncorrected, *others)))

    assert "rule 2: extraction does not add up to 24" in broken
    assert "rule 3: extraction has more than the row before let through" in broken


@st.composite
def tallies(draw: st.DrawFn, *, phases: int = len(DOCUMENT_PHASES)) -> Tally:
    """Documents wherever they may stand."""
    moving = [State.QUEUED, State.READING, State.RUNNING, State.WAITING, State.ERROR, State.CANCELLED]
    places = [Position(phase, state) for phase in range(phases) for state in moving]
    places += [
        Position(UNREAD, State.ERROR),
        Position(phases, State.COMPLETED),
        Position(phases, State.PARTIAL),
    ]
    documents = draw(st.lists(st.sampled_from(places), min_size=1, max_size=30))
    return {place: documents.count(place) for place in set(documents)}


@given(tallies())
def test_no_tally_whatever_breaks_a_rule(tally: Tally) -> None:
    progress = summarise(make_snapshot(tally, pipeline=_possible_status(tally)))

    assert broken_rules(progress) == ()


@given(tallies())
def test_no_tally_whatever_makes_the_uncorrected_table(tally: Tally) -> None:
    rows = summarise(make_snapshot(tally, pipeline=_possible_status(tally))).phases

    assert all(sum(counts(row)) == sum(tally.values()) for row in rows)


def _possible_status(tally: Tally) -> Mapping[str, PipelinePhaseStatus | None]:
    """What the store says of assembly over such documents: skipped once there is nothing to do."""
    done = all(position.terminal for position in tally)
    nothing = not any(position.state in {State.COMPLETED, State.PARTIAL} for position in tally)
    return {"assembly": PipelinePhaseStatus.SKIPPED if done and nothing else None}


def test_a_document_that_cannot_be_read_is_skipped_in_every_row_and_errored_in_none() -> None:
    progress = summarise(make_snapshot({Position(UNREAD, State.ERROR): 1, Position(0, State.QUEUED): 1}))

    assert [counts(row) for row in progress.phases[:4]] == [(0, 0, 1, 0, 1)] * 4
    assert (progress.error_documents, progress.errors[0].phase) == (1, None)
    assert broken_rules(progress) == ()


def test_a_document_between_two_attempts_or_being_read_is_running() -> None:
    progress = summarise(make_snapshot({Position(0, State.READING): 1, Position(1, State.WAITING): 1}))

    assert [counts(row) for row in progress.phases[:2]] == [(1, 1, 0, 0, 0), (0, 1, 1, 0, 0)]


def test_a_cancelled_document_is_skipped_where_it_never_got() -> None:
    progress = summarise(make_snapshot({Position(1, State.CANCELLED): 1}, cancelled=True))

    assert [counts(row) for row in progress.phases[:3]] == [(1, 0, 0, 0, 0), (0, 0, 0, 0, 1), (0, 0, 0, 0, 1)]
    assert (progress.cancelled_documents, progress.completed_documents) == (1, 0)


@pytest.mark.parametrize(
    ("status", "row"),
    [
        (None, (0, 0, 5, 0, 0)),
        (PipelinePhaseStatus.RUNNING, (0, 3, 0, 0, 2)),
        (PipelinePhaseStatus.COMPLETED, (3, 0, 0, 0, 2)),
        (PipelinePhaseStatus.ERROR, (0, 0, 0, 3, 2)),
        (PipelinePhaseStatus.SKIPPED, (0, 0, 0, 0, 5)),
    ],
)
def test_the_row_of_a_pipeline_scoped_phase_follows_its_status(
    status: PipelinePhaseStatus | None, row: tuple[int, int, int, int, int]
) -> None:
    tally = {Position(4, State.COMPLETED): 2, Position(4, State.PARTIAL): 1, Position(2, State.ERROR): 2}

    assembly = summarise(make_snapshot(tally, pipeline={"assembly": status})).phases[-1]

    assert (assembly.status, assembly.scope, counts(assembly)) == (status, Scope.PIPELINE, row)


def test_a_failed_assembly_has_an_entry_outside_the_count_of_errors() -> None:
    snapshot = make_snapshot(
        {Position(4, State.COMPLETED): 1}, pipeline={"assembly": PipelinePhaseStatus.ERROR}
    )
    entry = replace(make_entry(0, phase="assembly"), pipeline_document_id=None, document_id=None)

    progress = summarise(replace(snapshot, errors=(entry,)))

    assert (progress.status, progress.errors_total) == (RunStatus.FAILED, 0)
    assert broken_rules(progress) == ()


@pytest.mark.parametrize(
    ("completed", "error", "cancelled", "assembly", "status"),
    [
        (1, 0, 0, None, RunStatus.ACTIVE),
        (2, 0, 0, None, RunStatus.FINALIZING),
        (1, 1, 0, PipelinePhaseStatus.RUNNING, RunStatus.FINALIZING),
        (1, 1, 0, PipelinePhaseStatus.COMPLETED, RunStatus.COMPLETED),
        (2, 0, 0, PipelinePhaseStatus.ERROR, RunStatus.FAILED),
        (0, 2, 0, PipelinePhaseStatus.SKIPPED, RunStatus.FAILED),
        (1, 0, 1, PipelinePhaseStatus.SKIPPED, RunStatus.CANCELLED),
    ],
)
def test_the_status_is_what_ends_and_pipeline_scoped_phases_add_up_to(
    completed: int, error: int, cancelled: int, assembly: PipelinePhaseStatus | None, status: RunStatus
) -> None:
    ends = Ends(total=2, completed=completed, partial=0, error=error, cancelled=cancelled)

    assert run_status(ends, {"assembly": assembly}, cancelled=cancelled > 0) is status


def test_a_run_without_assembly_ends_with_its_documents() -> None:
    progress = summarise(make_snapshot({Position(4, State.COMPLETED): 1}, plan=make_plan(assembly=False)))

    assert (progress.status, progress.finalization_pending) == (RunStatus.COMPLETED, ())


def test_the_rate_counts_this_generation_only_and_the_time_left_is_an_interval() -> None:
    tally = {Position(4, State.COMPLETED): 150, Position(0, State.QUEUED): 100}

    progress = summarise(replace(make_snapshot(tally), settled=50, generation_at=5_000, updated_at=15_000))

    assert progress.documents_per_second == 10.0
    assert progress.eta is not None
    low, high = progress.eta
    assert low < 10 < high


def test_nothing_finished_promises_no_time() -> None:
    progress = summarise(make_snapshot({Position(0, State.RUNNING): 3}))

    assert (progress.documents_per_second, progress.eta) == (None, None)


def good() -> Progress:
    """A progress that breaks nothing, to break one thing of."""
    return summarise(make_snapshot(CONTRACT_TALLY))


def with_row(progress: Progress, number: int, **changes: object) -> Progress:
    rows = list(progress.phases)
    rows[number] = replace(rows[number], **changes)  # type: ignore[arg-type]
    return replace(progress, phases=tuple(rows))


done = summarise(
    make_snapshot({Position(4, State.COMPLETED): 2}, pipeline={"assembly": PipelinePhaseStatus.COMPLETED})
)


@pytest.mark.parametrize(
    ("progress", "rule"),
    [
        (with_row(good(), 0, completed=23), "rule 2: transfer does not add up to 24"),
        (with_row(good(), 0, completed=25, running=-1), "rule 2: transfer counts less than nobody"),
        (
            with_row(good(), 2, running=8, skipped=0),
            "rule 3: resolution has more than the row before let through",
        ),
        (with_row(good(), 3, pending=6, running=2), "rule 3: a document is in two phases"),
        (replace(good(), error_documents=2), "rule 4: errors of the rows are not the errors of the run"),
        (
            replace(good(), errors=(make_entry(1), make_entry(1))),
            "rule 4: a document has two errors",
        ),
        (replace(good(), error_groups=()), "rule 5: the groups do not count every error"),
        (replace(good(), errors=()), "rule 5: the errors listed are not all errors"),
        (replace(good(), completed_documents=14), "rule 6: completed is not what the last phase completed"),
        (replace(good(), partial_documents=16), "rule 6: more partial than completed documents"),
        (replace(good(), status=RunStatus.COMPLETED), "rule 7: completed with 8 documents moving"),
        (replace(done, status=RunStatus.ACTIVE), "rule 7: active with 0 documents moving"),
        (replace(done, status=RunStatus.FINALIZING), "rule 7: finalizing with [] to do"),
        (
            replace(with_row(done, 4, status=None), status=RunStatus.COMPLETED),
            "rule 7: completed with ['assembly'] to do",
        ),
        (replace(good(), finalization_pending=()), "rule 7: finalization pending is (), not ['assembly']"),
        (
            replace(done, finalization_pending=("assembly",)),
            "rule 7: terminal with a finalization pending",
        ),
        (with_row(good(), 1, phase_id="transfer"), "rule 9: a phase id occurs twice"),
        (
            with_row(good(), 4, pending=23, skipped=1),
            "rule 10: assembly is not started but not all documents are pending",
        ),
        (
            with_row(done, 4, status=PipelinePhaseStatus.SKIPPED),
            "rule 10: assembly is skipped but not for all documents",
        ),
        (
            with_row(done, 4, completed=1, skipped=1),
            "rule 10: assembly is completed but not with the completed documents",
        ),
        (
            with_row(done, 4, status=PipelinePhaseStatus.ERROR, completed=0, errors=2),
            "rule 10: the failure of assembly has no entry",
        ),
    ],
)
def test_a_progress_that_breaks_a_rule_is_reported(progress: Progress, rule: str) -> None:
    assert broken_rules(good()) == broken_rules(done) == ()

    assert rule in broken_rules(progress)


later = replace(good(), revision=2)


@pytest.mark.parametrize(
    ("after", "rule"),
    [
        (replace(good(), revision=0), "rule 8: generation or revision fell"),
        (replace(later, completed_documents=14), "rule 8: completed_documents fell within a generation"),
        (replace(later, error_documents=0), "rule 8: error_documents fell within a generation"),
        (with_row(later, 0, completed=23), "rule 8: transfer fell within a generation"),
        (with_row(later, 1, errors=0), "rule 8: extraction fell within a generation"),
        (replace(later, phases=later.phases[1:]), "rule 9: the phases are not those of the frozen plan"),
        (replace(good(), held_fields=9), "rule 11: two answers for revision 1"),
    ],
)
def test_a_progress_that_breaks_a_rule_after_an_earlier_one_is_reported(after: Progress, rule: str) -> None:
    assert broken_rules(later, good()) == ()

    assert rule in broken_rules(after, good())


def test_counts_may_fall_with_a_new_generation() -> None:
    again = {Position(4, State.COMPLETED): 15, Position(1, State.QUEUED): 1, Position(2, State.RUNNING): 8}
    retried = summarise(replace(make_snapshot(again), generation=2, revision=2))

    assert broken_rules(retried, good()) == ()
