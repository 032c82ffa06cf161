"""Retry, append and cancel against what is under way, and the end of a run: contract, parts 1.4 and 2."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.integration.small_runs import (
    HeldLedger,
    add_documents,
    empty_record,
    make_plan,
    make_program,
    mark,
    start_run,
)

from docrail.bootstrap import Program
from docrail.core.compose import Composed
from docrail.core.errors import Conflict, InvalidInput, WorkError
from docrail.core.model import Layout
from docrail.core.progress import PipelinePhaseStatus, RunStatus
from docrail.core.state import Failure, Position, State
from docrail.journey import Journey
from docrail.store import assembly
from docrail.store.chunks import Claim, claim_chunk
from docrail.store.database import Database
from docrail.store.ids import new_id, now_ms
from docrail.store.ledger import Ledger
from docrail.store.workers import let_go
from docrail.usecases import pipelines

NO = WorkError("It did not work.", code="extraction_failed")
FAILURE = Failure(code="assembly_failed", message="Assembly failed.", retryable=True)


@pytest.fixture
def program(databases: Callable[[], AbstractContextManager[Database]], tmp_path: Path) -> Iterator[Program]:
    with databases() as database:
        yield make_program(database, tmp_path)


def claim(program: Program, chunk_id: str, *, worker_id: str | None = None) -> Claim | None:
    with program.database.writing() as connection:
        return claim_chunk(
            connection,
            chunk_id,
            worker_id=worker_id or new_id(),
            at=now_ms(),
            enqueue=program.engine.enqueue,
        )


def take(program: Program, task: str) -> list[str]:
    """The keys of what was handed to the engine since the last time."""
    return program.engine.take(task)  # type: ignore[attr-defined, no-any-return]  # a `Handed`


def work_off(program: Program, *, failing: int = 0) -> None:
    """Take every document to its end, the first `failing` ones to an error in their last phase."""
    ledger = HeldLedger(program)
    for chunk_id in take(program, "chunk"):
        claimed = claim(program, chunk_id)
        assert claimed is not None
        for work in claimed.works:
            journey, record = Journey(claimed, work, ledger), empty_record(work.document)  # type: ignore[arg-type]
            phases = claimed.run.plan.document_phases
            for phase in phases[work.position.phase :]:
                journey.start(phase)
                if failing and phase is phases[-1]:
                    failing -= 1
                    journey.fail(phase, NO)
                    break
                made = mark(record, phase, held=False)
                journey.finish(claimed.run.plan, before=record, after=made)
                record = made
        ledger.commit()


def claim_assembly(program: Program, run_id: str) -> int | None:
    with program.database.writing() as connection:
        return assembly.claim_phase(connection, run_id, "assembly", worker_id=new_id(), at=now_ms())


def finish_assembly(program: Program, run_id: str, *, epoch: int | None, group: str = "all") -> bool:
    assert epoch is not None
    record = Composed(group=group, anchor_document=None, document_ids=(), values={}, sources={})
    with program.database.writing() as connection:
        return assembly.finish_phase(connection, run_id, "assembly", [record], epoch=epoch, at=now_ms())


def groups(program: Program, run_id: str) -> Sequence[str]:
    with program.database.reading() as connection:
        return [record["group"] for record in assembly.read_composed(connection, run_id)]


def status(program: Program, run_id: str) -> tuple[RunStatus, PipelinePhaseStatus | None]:
    progress = pipelines.get_progress(program, run_id)
    assert pipelines.get_pipeline(program, run_id).status is progress.status
    assert pipelines.audit_progress(program, run_id) == []
    return progress.status, progress.phases[-1].status


def test_the_last_document_hands_over_assembly_once(program: Program) -> None:
    run_id = start_run(program, make_plan(1), documents=3)

    work_off(program)

    assert status(program, run_id) == (RunStatus.FINALIZING, None)
    assert take(program, "assembly") == [run_id]


def test_assembly_that_a_retry_overtook_waits_for_the_documents(program: Program) -> None:
    run_id = start_run(program, make_plan(1), documents=3)
    work_off(program, failing=1)
    pipelines.retry_pipeline(program, run_id)

    overtaken = claim_assembly(program, run_id)

    assert overtaken is None
    assert status(program, run_id) == (RunStatus.ACTIVE, None)


def test_assembly_runs_again_after_a_retry_and_the_stale_one_overwrites_nothing(program: Program) -> None:
    run_id = start_run(program, make_plan(1), documents=3)
    work_off(program, failing=1)
    stale = claim_assembly(program, run_id)
    take(program, "assembly")
    pipelines.retry_pipeline(program, run_id)
    work_off(program)

    assert take(program, "assembly") == [run_id]
    again = claim_assembly(program, run_id)
    assert finish_assembly(program, run_id, epoch=again, group="new")
    assert not finish_assembly(program, run_id, epoch=stale, group="stale")

    assert groups(program, run_id) == ["new"]
    assert status(program, run_id) == (RunStatus.COMPLETED, PipelinePhaseStatus.COMPLETED)


def test_assembly_interrupted_by_a_crash_is_claimed_again(program: Program) -> None:
    run_id = start_run(program, make_plan(1), documents=1)
    work_off(program)
    interrupted = claim_assembly(program, run_id)

    again = claim_assembly(program, run_id)

    assert not finish_assembly(program, run_id, epoch=interrupted)
    assert finish_assembly(program, run_id, epoch=again)
    assert claim_assembly(program, run_id) is None


def test_a_failed_assembly_runs_again_on_retry(program: Program) -> None:
    run_id = start_run(program, make_plan(1), documents=1)
    work_off(program)
    epoch = claim_assembly(program, run_id)
    assert epoch is not None
    take(program, "assembly")
    with program.database.writing() as connection:
        assembly.fail_phase(connection, run_id, "assembly", FAILURE, epoch=epoch, attempts=2, at=now_ms())
    assert status(program, run_id) == (RunStatus.FAILED, PipelinePhaseStatus.ERROR)

    pipelines.retry_pipeline(program, run_id)

    assert take(program, "assembly") == [run_id]
    assert status(program, run_id) == (RunStatus.FINALIZING, None)
    assert pipelines.get_progress(program, run_id).errors == ()


def test_cancel_while_assembling_ends_the_run_and_what_assembly_brings_is_dropped(program: Program) -> None:
    run_id = start_run(program, make_plan(1), documents=2)
    work_off(program)
    epoch = claim_assembly(program, run_id)

    pipelines.cancel_pipeline(program, run_id)

    assert not finish_assembly(program, run_id, epoch=epoch)
    assert groups(program, run_id) == []
    assert status(program, run_id) == (RunStatus.CANCELLED, PipelinePhaseStatus.SKIPPED)


def test_cancel_stops_a_running_phase_at_its_next_move(program: Program) -> None:
    run_id = start_run(program, make_plan(1), documents=1)
    (chunk_id,) = take(program, "chunk")
    claimed = claim(program, chunk_id)
    assert claimed is not None
    ledger = HeldLedger(program)
    journey, record = Journey(claimed, claimed.works[0], ledger), empty_record(claimed.works[0].document)  # type: ignore[arg-type]
    phase = claimed.run.plan.document_phases[0]
    journey.start(phase)
    ledger.commit()

    pipelines.cancel_pipeline(program, run_id)
    journey.finish(claimed.run.plan, before=record, after=mark(record, phase, held=False))
    ledger.commit()

    assert journey.receipt.late
    assert status(program, run_id) == (RunStatus.CANCELLED, PipelinePhaseStatus.SKIPPED)
    assert claim(program, chunk_id) is None
    with pytest.raises(Conflict):
        pipelines.cancel_pipeline(program, run_id)


def test_append_after_the_end_starts_a_generation_and_assembles_again(program: Program) -> None:
    run_id = start_run(program, make_plan(2), documents=2)
    work_off(program)
    finish_assembly(program, run_id, epoch=claim_assembly(program, run_id), group="first")
    take(program, "assembly")

    pipelines.append_documents(program, run_id, add_documents(program, 1))

    assert pipelines.get_progress(program, run_id).generation == 2
    assert status(program, run_id) == (RunStatus.ACTIVE, None)
    work_off(program)
    assert take(program, "assembly") == [run_id]
    assert finish_assembly(program, run_id, epoch=claim_assembly(program, run_id), group="second")
    assert groups(program, run_id) == ["second"]
    assert status(program, run_id) == (RunStatus.COMPLETED, PipelinePhaseStatus.COMPLETED)


def test_retry_goes_on_at_the_phase_that_failed_with_what_the_others_made(program: Program) -> None:
    run_id = start_run(program, make_plan(3, assembly=False), documents=1)
    work_off(program, failing=1)

    pipelines.retry_pipeline(program, run_id)

    rows = pipelines.get_progress(program, run_id).phases
    assert [(row.completed, row.pending, row.errors) for row in rows] == [(1, 0, 0), (1, 0, 0), (0, 1, 0)]


def test_a_run_whose_every_document_failed_skips_assembly(program: Program) -> None:
    run_id = start_run(program, make_plan(1), documents=2)

    work_off(program, failing=2)

    assert take(program, "assembly") == []
    assert status(program, run_id) == (RunStatus.FAILED, PipelinePhaseStatus.SKIPPED)


def crash(program: Program, chunk_id: str, *, reading: bool = False) -> None:
    """A worker takes the first document of the chunk and dies with it."""
    claimed = claim(program, chunk_id)
    assert claimed is not None
    ledger = Ledger(program.database, enqueue=program.engine.enqueue)
    journey = Journey(claimed, claimed.works[0], ledger)
    if reading:
        journey.move(State.READING)
    else:
        journey.start(claimed.run.plan.document_phases[journey.position.phase])
    journey.settle()
    ledger.close()


def test_a_document_that_took_its_worker_down_three_times_is_an_error(program: Program) -> None:
    run_id = start_run(program, make_plan(2), documents=1)
    (chunk_id,) = take(program, "chunk")
    for _ in range(3):
        crash(program, chunk_id)
        assert pipelines.get_progress(program, run_id).error_documents == 0

    claimed = claim(program, chunk_id)

    assert claimed is not None and claimed.works == []
    progress = pipelines.get_progress(program, run_id)
    (error,) = progress.errors
    assert (error.code, error.phase, error.attempts) == ("crashed", "phase-0", 3)
    assert progress.status is RunStatus.FAILED
    assert status(program, run_id) == (RunStatus.FAILED, PipelinePhaseStatus.SKIPPED)


def test_a_worker_that_lost_the_database_and_lives_has_not_crashed(program: Program) -> None:
    start_run(program, make_plan(1), documents=1)
    (chunk_id,) = take(program, "chunk")
    for _ in range(2):
        crash(program, chunk_id)
    claimed = claim(program, chunk_id, worker_id="alive")
    assert claimed is not None
    ledger = Ledger(program.database, enqueue=program.engine.enqueue)
    Journey(claimed, claimed.works[0], ledger).start(claimed.run.plan.document_phases[0])
    ledger.close()

    again = claim(program, chunk_id, worker_id="alive")

    assert again is not None
    assert [work.position for work in again.works] == [Position(0, State.QUEUED)]


def test_what_a_worker_let_go_of_has_not_crashed(program: Program) -> None:
    run_id = start_run(program, make_plan(1), documents=1)
    (chunk_id,) = take(program, "chunk")
    for number in range(4):
        claimed = claim(program, chunk_id, worker_id=f"worker-{number}")
        assert claimed is not None
        ledger = Ledger(program.database, enqueue=program.engine.enqueue)
        journey = Journey(claimed, claimed.works[0], ledger)
        journey.start(claimed.run.plan.document_phases[0])
        journey.settle()
        with program.database.writing() as connection:
            let_go(connection, f"worker-{number}")
        journey.fail(claimed.run.plan.document_phases[0], NO)  # what is still on its way comes too late
        ledger.close()

    claimed = claim(program, chunk_id)

    assert claimed is not None and [work.position for work in claimed.works] == [Position(0, State.QUEUED)]
    assert pipelines.get_progress(program, run_id).error_documents == 0


def test_crashes_while_reading_blame_nobody(program: Program) -> None:
    run_id = start_run(program, make_plan(2), documents=1)
    (chunk_id,) = take(program, "chunk")
    for _ in range(5):
        crash(program, chunk_id, reading=True)

    claimed = claim(program, chunk_id)

    assert claimed is not None and len(claimed.works) == 1
    assert pipelines.get_progress(program, run_id).error_documents == 0


def test_crashes_in_different_phases_do_not_add_up(program: Program) -> None:
    start_run(program, make_plan(2), documents=1)
    (chunk_id,) = take(program, "chunk")
    for _ in range(2):
        crash(program, chunk_id)
    ledger = Ledger(program.database, enqueue=program.engine.enqueue)
    claimed = claim(program, chunk_id)
    assert claimed is not None
    journey, record = Journey(claimed, claimed.works[0], ledger), empty_record(claimed.works[0].document)
    phase = claimed.run.plan.document_phases[0]
    journey.start(phase)
    journey.finish(claimed.run.plan, before=record, after=mark(record, phase, held=False))
    journey.settle()
    ledger.close()
    for _ in range(2):
        crash(program, chunk_id)

    claimed = claim(program, chunk_id)

    assert claimed is not None and [work.position.phase for work in claimed.works] == [1]


def test_an_interrupted_attempt_is_no_attempt(program: Program) -> None:
    start_run(program, make_plan(1, attempts=2), documents=1)
    (chunk_id,) = take(program, "chunk")
    crash(program, chunk_id)

    claimed = claim(program, chunk_id)

    assert claimed is not None and [work.attempts for work in claimed.works] == [0]


def test_after_a_crash_an_attempt_is_durable_before_it_begins(program: Program) -> None:
    run_id = start_run(program, make_plan(1), documents=1)
    (chunk_id,) = take(program, "chunk")
    claim(program, chunk_id)
    claimed = claim(program, chunk_id)
    assert claimed is not None
    ledger = Ledger(program.database, enqueue=program.engine.enqueue)

    Journey(claimed, claimed.works[0], ledger).start(claimed.run.plan.document_phases[0])

    assert pipelines.get_progress(program, run_id).phases[0].running == 1
    ledger.close()


def test_a_file_that_cannot_be_read_anew_fails_at_the_phase_it_had_reached(program: Program) -> None:
    run_id = start_run(program, make_plan(2, assembly=False), documents=1)
    work_off(program, failing=1)
    pipelines.retry_pipeline(program, run_id)
    (chunk_id,) = take(program, "chunk")
    claimed = claim(program, chunk_id)
    assert claimed is not None
    ledger = HeldLedger(program)
    journey = Journey(claimed, claimed.works[0], ledger)  # type: ignore[arg-type]

    journey.move(State.READING)
    journey.fail(None, NO)
    ledger.commit()

    progress = pipelines.get_progress(program, run_id)
    assert [(row.completed, row.errors) for row in progress.phases] == [(1, 0), (0, 1)]
    assert progress.errors[0].phase == "phase-1"


def test_a_layout_that_a_power_cut_emptied_is_read_anew(program: Program) -> None:
    program.blobs.keep_layout("ab" * 32, Layout(media_type="text/plain", pages=()))
    assert program.blobs.read_layout("ab" * 32) is not None

    (kept,) = (program.settings.home_path / "blobs").glob("layouts-*/ab/*")
    kept.write_bytes(b"")

    assert program.blobs.read_layout("ab" * 32) is None


def test_people_who_retry_and_append_the_same_at_once_do_it_once(program: Program) -> None:
    run_id = start_run(program, make_plan(1, assembly=False), documents=20)
    work_off(program, failing=20)
    ids = add_documents(program, 20)

    def done(change: Callable[[], object]) -> bool:
        try:
            change()
        except (Conflict, InvalidInput):
            return False
        return True

    with ThreadPoolExecutor(6) as people:
        retries = [people.submit(done, lambda: pipelines.retry_pipeline(program, run_id)) for _ in range(3)]
        appends = [
            people.submit(done, lambda: pipelines.append_documents(program, run_id, ids)) for _ in range(3)
        ]

    assert sum(future.result() for future in retries) == 1
    assert sum(future.result() for future in appends) == 1
    assert pipelines.audit_progress(program, run_id) == []
    assert pipelines.get_progress(program, run_id).phases[0].pending == 40
