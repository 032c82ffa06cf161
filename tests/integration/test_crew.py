"""Several workers on one PostgreSQL: each does its share, and a dead one's share is done by the others."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from tests.integration.small_runs import make_plan, start_run

from docrail.bootstrap import Program, open_program
from docrail.config import Settings
from docrail.core.progress import Progress, RunStatus
from docrail.engine.crew import process_identity
from docrail.store.workers import add_worker, list_workers
from docrail.usecases import pipelines

WORK = """
import sys, threading, time
from docrail import bootstrap, workflow
from docrail.cli.logs import configure_logs
from docrail.config import read_settings
from docrail.usecases.workers import work_until
from tests.integration.test_worker import PhaseOfTheTest, ReaderOfTheTest, leave_a_mark

home, url, seconds, patience = sys.argv[1:]
configure_logs()

def run(planned, record):
    time.sleep(float(seconds))
    return leave_a_mark(planned, record)

bootstrap.Reader = ReaderOfTheTest
workflow.make_phases = lambda plan: [PhaseOfTheTest(planned, run) for planned in plan.document_phases]
settings = read_settings({"home": home, "database_url": url, "take_over_seconds": int(patience)})
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
with bootstrap.open_program(settings) as program:
    work_until(program, stop)
"""


@pytest.fixture
def program(postgres_url: str, tmp_path: Path) -> Iterator[Program]:
    url = make_url(postgres_url).set(drivername="postgresql+psycopg")
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE crew TEMPLATE template0"))
    ours = url.set(database="crew").render_as_string(hide_password=False)
    with open_program(Settings(home=str(tmp_path / "home"), database_url=ours)) as opened:
        yield opened
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE crew WITH (FORCE)"))
    server.dispose()


@contextmanager
def worker(
    program: Program, *, seconds: float = 0.005, patience: int = 30
) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker process whose phases take so long."""
    arguments = [program.settings.home, program.settings.database_url, str(seconds), str(patience)]
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, *arguments],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        yield process
        if process.poll() is None:
            os.kill(process.pid, signal.SIGCONT)
            process.communicate(b"", timeout=30)


def follow(program: Program, run_id: str, *, until: float = 1.0, seconds: float = 60) -> Progress:
    """Wait until this share of the run has ended."""
    deadline = time.monotonic() + seconds
    while True:
        now = pipelines.get_progress(program, run_id)
        if now.completed_documents >= until * now.total_documents:
            return now
        assert time.monotonic() < deadline, now
        time.sleep(0.02)


def crew(program: Program) -> int:
    with program.database.reading() as connection:
        return len(list_workers(connection))


def test_two_workers_share_a_run(program: Program) -> None:
    run_id = start_run(program, make_plan(2, assembly=False), documents=300)
    with worker(program), worker(program):
        ended = follow(program, run_id)
    assert (ended.status, ended.completed_documents) == (RunStatus.COMPLETED, 300)
    assert pipelines.audit_progress(program, run_id) == []
    assert crew(program) == 0


def test_what_a_killed_worker_held_is_done_by_the_other(program: Program) -> None:
    run_id = start_run(program, make_plan(2, assembly=False), documents=200)
    with worker(program, seconds=0.01) as first, worker(program, seconds=0.01, patience=3):
        follow(program, run_id, until=0.2)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        ended = follow(program, run_id)
    assert (ended.status, ended.completed_documents) == (RunStatus.COMPLETED, 200)
    assert pipelines.audit_progress(program, run_id) == []


def test_a_frozen_worker_is_taken_over_and_changes_nothing_when_it_wakes(program: Program) -> None:
    run_id = start_run(program, make_plan(2, assembly=False), documents=120)
    with worker(program, seconds=0.02) as first:
        follow(program, run_id, until=0.1)
        os.kill(first.pid, signal.SIGSTOP)
        with worker(program, seconds=0.01, patience=1):
            ended = follow(program, run_id)
            os.kill(first.pid, signal.SIGCONT)
            time.sleep(1)
    again = pipelines.get_progress(program, run_id)
    assert (ended.status, ended.completed_documents) == (RunStatus.COMPLETED, 120)
    assert again == ended
    assert pipelines.audit_progress(program, run_id) == []


def test_a_worker_of_this_machine_whose_process_is_gone_is_not_waited_for(program: Program) -> None:
    machine = process_identity().split("/")[0]
    with program.database.writing() as connection:
        add_worker(connection, "gone", f"{machine}/{2**22 - 1}/1")
        add_worker(connection, "elsewhere", "another/1/1")
    with worker(program, patience=60):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with program.database.reading() as connection:
                names = {each.id for each, _ in list_workers(connection)}
            if "gone" not in names:
                break
            time.sleep(0.05)
    assert "gone" not in names
    assert "elsewhere" in names
