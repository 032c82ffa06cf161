"""The real worker: the durable engine, the ledger and the workflow over a real database, with phases of the tests."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy.exc import OperationalError
from tests.integration.small_runs import add_documents, make_plan, mark, start_run

from docrail import bootstrap, workflow
from docrail.bootstrap import Program, open_program, working
from docrail.config import Settings
from docrail.core.errors import DocumentError, InvalidInput, Unavailable, WorkError
from docrail.core.model import Layout, Record
from docrail.core.plan import Plan, PlannedPhase
from docrail.core.progress import Progress, RunStatus
from docrail.engine import durable
from docrail.store import ledger
from docrail.store.knowledge import read_knowledge
from docrail.store.records import read_known
from docrail.store.run_documents import list_run_documents
from docrail.usecases import pipelines

Run = Callable[[PlannedPhase, Record], Record]


class PhaseOfTheTest:
    """Runs what the test says, and leaves its mark."""

    def __init__(self, planned: PlannedPhase, run: Run) -> None:
        self.planned, self.run_it = planned, run

    def run(self, record: Record) -> Record:
        return self.run_it(self.planned, record)


class ReaderOfTheTest:
    """Reads nothing."""

    def __init__(self, **_named: object) -> None: ...
    def __enter__(self) -> "ReaderOfTheTest":
        return self

    def __exit__(self, *_error: object) -> None: ...

    terms = ""

    def read(self, _path: Path, *, filename: str) -> Layout:
        return Layout(media_type="text/plain", pages=())


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged, instead of drawing it."""
    with structlog.testing.capture_logs() as entries:
        yield entries


def leave_a_mark(planned: PlannedPhase, record: Record) -> Record:
    return mark(record, planned, held=False)


@pytest.fixture
def set_phases(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Sets what every phase does: `set_phases(run)`."""
    monkeypatch.setattr(bootstrap, "Reader", ReaderOfTheTest)
    monkeypatch.setattr(durable, "retry_delay", lambda _attempt: 0.01)

    def set_them(run: Run) -> None:
        def make(plan: Plan) -> Sequence[PhaseOfTheTest]:
            return [PhaseOfTheTest(planned, run) for planned in plan.document_phases]

        monkeypatch.setattr(workflow, "make_phases", make)

    set_them(leave_a_mark)
    return set_them


@pytest.fixture
def opened(empty_url: str, tmp_path: Path) -> Iterator[Program]:
    """A program over an empty database, which it makes ready itself."""
    with open_program(Settings(home=str(tmp_path / "home"), database_url=empty_url)) as program:
        yield program


def wait_for_the_end(program: Program, run_id: str) -> Progress:
    deadline = time.monotonic() + 60
    while not (now := pipelines.get_progress(program, run_id)).status.terminal:
        assert time.monotonic() < deadline, now
        time.sleep(0.01)
    return now


def marks(program: Program, run_id: str) -> list[list[str]]:
    """Which phases left a mark on each document, in order."""
    with program.database.reading() as connection:
        rows, _ = list_run_documents(connection, pipelines.get_pipeline(program, run_id), limit=1000)
        known = read_known(connection, [row.id for row in rows])
    return [[cell.phase for cell in known[row.id].cells] for row in rows]


@pytest.mark.usefixtures("set_phases")
def test_every_document_passes_every_phase_once(opened: Program) -> None:
    run_id = start_run(opened, make_plan(3, assembly=False), documents=40)

    with working(opened) as ours:
        assert ours
        ended = wait_for_the_end(opened, run_id)

    assert (ended.status, ended.completed_documents) == (RunStatus.COMPLETED, 40)
    assert marks(opened, run_id) == [["phase-0", "phase-1", "phase-2"]] * 40
    assert pipelines.audit_progress(opened, run_id) == []


@pytest.mark.usefixtures("set_phases")
def test_a_database_that_is_away_when_a_chunk_begins_fails_no_document(
    opened: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter(range(1000))

    def away_at_first(connection: Any, plan: Plan) -> dict[str, Any]:
        if next(asked) < 3:
            raise Unavailable("The database cannot be reached now")
        return read_knowledge(connection, plan)

    monkeypatch.setattr(workflow, "read_knowledge", away_at_first)
    run_id = start_run(opened, make_plan(2, assembly=False), documents=5)

    with working(opened):
        ended = wait_for_the_end(opened, run_id)

    assert (ended.completed_documents, ended.error_documents) == (5, 0)


def test_a_worker_that_is_stopped_keeps_what_is_made_and_leaves_the_rest_undone(
    opened: Program, set_phases: Callable[[Run], None]
) -> None:
    begun = threading.Event()

    def wait_for_the_stop(planned: PlannedPhase, record: Record) -> Record:
        begun.set()
        assert opened.engine.stopping.wait(30)
        return leave_a_mark(planned, record)

    set_phases(wait_for_the_stop)
    run_id = start_run(opened, make_plan(2, assembly=False), documents=1)
    with working(opened):
        assert begun.wait(30)

    rows = pipelines.get_progress(opened, run_id).phases
    assert [(row.completed, row.running, row.pending) for row in rows] == [(1, 0, 0), (0, 0, 1)]

    set_phases(leave_a_mark)
    with working(opened):
        ended = wait_for_the_end(opened, run_id)
    assert ended.status is RunStatus.COMPLETED
    assert marks(opened, run_id) == [["phase-0", "phase-1"]]


@pytest.mark.usefixtures("set_phases")
def test_commits_that_fail_lose_nothing(opened: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_moves, calls = ledger.apply_moves, []

    def fail_now_and_then(*arguments: object, **named: object) -> frozenset[int]:
        calls.append(len(calls))
        landed = apply_moves(*arguments, **named)  # type: ignore[arg-type]
        if len(calls) % 3 == 1:
            raise OperationalError("COMMIT", {}, Exception("database is locked"))
        return landed

    monkeypatch.setattr(ledger, "apply_moves", fail_now_and_then)
    run_id = start_run(opened, make_plan(2, assembly=False), documents=10)

    with working(opened):
        ended = wait_for_the_end(opened, run_id)

    assert len(calls) > 3
    assert (ended.status, ended.completed_documents) == (RunStatus.COMPLETED, 10)
    assert marks(opened, run_id) == [["phase-0", "phase-1"]] * 10
    assert pipelines.audit_progress(opened, run_id) == []


def test_a_phase_that_raises_anything_is_tried_again_and_then_an_error(
    opened: Program, set_phases: Callable[[Run], None]
) -> None:
    tried = []

    def break_down(planned: PlannedPhase, record: Record) -> Record:
        tried.append(planned.id)
        raise ZeroDivisionError("division by zero")

    set_phases(break_down)
    run_id = start_run(opened, make_plan(2, assembly=False, attempts=3), documents=1)
    with working(opened):
        ended = wait_for_the_end(opened, run_id)

    (error,) = ended.errors
    assert tried == ["phase-0"] * 3
    assert (error.code, error.phase, error.attempts) == ("transfer_failed", "phase-0", 3)
    assert error.message == "Phase 0 failed after 3 attempts. ZeroDivisionError: division by zero"


@pytest.mark.usefixtures("set_phases")
def test_phases_that_cannot_be_made_are_an_error_of_the_documents(
    opened: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_plan: Plan) -> Sequence[PhaseOfTheTest]:
        raise InvalidInput("no phase plug-in for 'transfer' is installed")

    monkeypatch.setattr(workflow, "make_phases", refuse)
    run_id = start_run(opened, make_plan(2, assembly=False, attempts=1), documents=2)
    with working(opened):
        ended = wait_for_the_end(opened, run_id)

    assert ended.status is RunStatus.FAILED
    assert "no phase plug-in for 'transfer' is installed" in ended.errors[0].message


def test_an_error_that_no_retry_helps_is_tried_once(
    opened: Program, set_phases: Callable[[Run], None]
) -> None:
    def refuse(_planned: PlannedPhase, _record: Record) -> Record:
        raise WorkError("The model answered nonsense.", code="invalid_output")

    set_phases(refuse)
    run_id = start_run(opened, make_plan(1, assembly=False), documents=1)
    with working(opened):
        (error,) = wait_for_the_end(opened, run_id).errors

    assert (error.code, error.attempts, error.retryable) == ("invalid_output", 1, False)


@pytest.mark.usefixtures("set_phases")
def test_a_reader_that_raises_anything_ends_in_an_error_and_the_run_goes_on(
    opened: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_self: object, path: Path, *, filename: str) -> Layout:
        raise FileNotFoundError(path.name)

    monkeypatch.setattr(ReaderOfTheTest, "read", gone)
    run_id = start_run(opened, make_plan(1, assembly=False), documents=2)
    with working(opened):
        ended = wait_for_the_end(opened, run_id)

    assert {(error.code, error.phase, error.attempts) for error in ended.errors} == {("unreadable", None, 3)}
    assert ended.status is RunStatus.FAILED


WORK = """
import os, signal, sys, time
from docrail import bootstrap, workflow
from docrail.cli.logs import configure_logs
from docrail.config import Settings
from docrail.usecases import pipelines
from tests.integration.test_worker import PhaseOfTheTest, ReaderOfTheTest, leave_a_mark

home, run_id, bad = sys.argv[1:]
configure_logs()

def run(planned, record):
    if not started:
        started.append(time.monotonic())
        print(f"{started[0] - began:.3f}", flush=True)
    if record.document.id == bad and planned.id == "phase-1":
        os.kill(os.getpid(), signal.SIGKILL)
    return leave_a_mark(planned, record)

started = []
bootstrap.Reader = ReaderOfTheTest
workflow.make_phases = lambda plan: [PhaseOfTheTest(planned, run) for planned in plan.document_phases]
with bootstrap.open_program(Settings(home=home, concurrency=1)) as program:
    began = time.monotonic()
    with bootstrap.working(program):
        while not pipelines.get_progress(program, run_id).status.terminal:
            time.sleep(0.01)
"""


def test_a_document_that_kills_its_worker_ends_as_crashed_and_the_others_complete(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with open_program(Settings(home=str(home))) as program:
        run_id = start_run(program, make_plan(2, assembly=False), documents=3)
        rows, _ = pipelines.list_pipeline_documents(program, run_id)
    bad = rows[1]

    deaths, first_phases = 0, []
    while True:
        process = subprocess.run(
            [sys.executable, "-c", WORK, str(home), run_id, bad.document_id],
            capture_output=True,
            check=False,
            timeout=60,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        first_phases += process.stdout.decode().split()
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, process.stderr.decode()
        deaths += 1

    with open_program(Settings(home=str(home))) as program:
        progress = pipelines.get_progress(program, run_id)
        (error,) = progress.errors
        assert (error.pipeline_document_id, error.code, error.phase) == (bad.id, "crashed", "phase-1")
        assert progress.completed_documents == 2
        assert marks(program, run_id) == [["phase-0", "phase-1"], ["phase-0"], ["phase-0", "phase-1"]]
        assert pipelines.audit_progress(program, run_id) == []
    assert deaths in {3, 4}  # the first may come before anything of the attempt is durable
    assert max(map(float, first_phases)) < 5
    print(f"{deaths} deaths; the first phase began after {', '.join(first_phases)} s")


def test_what_cannot_be_read_is_tried_once_until_a_person_retries_it_or_the_limits_change(
    opened: Program, set_phases: Callable[[Run], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def time_out(reader: ReaderOfTheTest, _path: Path, *, filename: str) -> Layout:
        asked.append(reader.terms)
        raise DocumentError("Reading took longer than 120 seconds.", code="timeout")

    monkeypatch.setattr(ReaderOfTheTest, "read", time_out)
    documents = add_documents(opened, 1)
    with working(opened):
        for _ in range(2):
            run_id = start_run(opened, make_plan(1, assembly=False), documents=documents)
            error = wait_for_the_end(opened, run_id).errors[0]
            assert (error.code, error.message) == ("timeout", "Reading took longer than 120 seconds.")
        assert len(asked) == 1
        pipelines.retry_pipeline(opened, run_id)
        wait_for_the_end(opened, run_id)
        assert len(asked) == 2
    monkeypatch.setattr(ReaderOfTheTest, "terms", "longer")
    with working(opened):
        wait_for_the_end(opened, start_run(opened, make_plan(1, assembly=False), documents=documents))
    assert asked == ["", "", "longer"]
