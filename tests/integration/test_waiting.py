"""Nobody who reads waits for a writer, and whoever finds the database away is told so."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.integration.small_runs import make_plan, make_program, start_run

from docrail.bootstrap import Program
from docrail.core.errors import Unavailable
from docrail.store import tables
from docrail.store.database import Database
from docrail.usecases import pipelines


@pytest.fixture
def program(databases: Callable[[], AbstractContextManager[Database]], tmp_path: Path) -> Iterator[Program]:
    with databases() as database:
        yield make_program(database, tmp_path)


def test_a_poll_does_not_wait_for_a_writer(program: Program) -> None:
    run_id = start_run(program, make_plan(2), documents=3)
    before = pipelines.get_progress(program, run_id)
    with ThreadPoolExecutor(1) as thread, program.database.writing() as connection:
        for table in (tables.runs, tables.shards, tables.counters, tables.run_documents, tables.chunks):
            connection.execute(update(table).values({table.c[0].name: table.c[0]}))  # every row is locked
        during = thread.submit(pipelines.get_progress, program, run_id).result(timeout=10)
    assert during == before


def test_the_version_changes_with_every_commit_of_anybody(program: Program) -> None:
    if not program.database.is_sqlite:
        assert program.database.version() is None
        return
    first = program.database.version()
    assert program.database.version() == first
    start_run(program, make_plan(1), documents=1)
    assert program.database.version() != first


def test_a_database_that_is_locked_or_gone_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable), Database(f"sqlite:///{tmp_path}/no/such.db").reading():
        raise AssertionError("unreachable")
    nobody = Database("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(Unavailable, match="cannot be reached"), nobody.reading():
        raise AssertionError("unreachable")


def test_a_mistake_of_ours_is_not_taken_for_an_outage(program: Program) -> None:
    with pytest.raises(Exception, match="no_such") as caught, program.database.reading() as connection:
        connection.exec_driver_sql("SELECT no_such FROM runs")
    assert not isinstance(caught.value, Unavailable)


def test_a_writer_waits_for_another_and_both_land(program: Program) -> None:
    run_id = start_run(program, make_plan(1), documents=1)
    entered = threading.Event()

    def add_one() -> None:
        entered.wait(10)
        with program.database.writing() as connection:
            connection.execute(update(tables.runs).values(revision=tables.runs.c.revision + 1))

    before = pipelines.get_revision(program, run_id)
    with ThreadPoolExecutor(1) as thread:
        other = thread.submit(add_one)
        with program.database.writing() as connection:
            connection.execute(update(tables.runs).values(revision=tables.runs.c.revision + 1))
            entered.set()
        other.result(timeout=30)
    assert pipelines.get_revision(program, run_id) == before + 2
