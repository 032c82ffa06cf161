"""Limits over all workers: never more at once than said, never faster than said, and nothing kept by the dead."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import pairwise

import pytest
from tests.integration.small_runs import make_plan, make_program, start_run

from docrail.core.plan import PlannedPhase
from docrail.core.retry import Limits
from docrail.engine.durable import Stopping
from docrail.engine.limiter import Limiter
from docrail.store.database import Database
from docrail.store.limits import leave_place, reserve_start, take_place
from docrail.store.workers import add_worker, forget_worker
from docrail.usecases import pipelines

PHASE = make_plan(1).document_phases[0]


@pytest.fixture
def database(databases: Callable[[], AbstractContextManager[Database]]) -> Iterator[Database]:
    with databases() as fresh:
        with fresh.writing() as connection:
            for worker in ("one", "two"):
                add_worker(connection, worker, f"machine/{worker}/0")
        yield fresh


def make_limiter(database: Database, worker: str, by_type: dict[str, Limits] | None = None) -> Limiter:
    return Limiter(database, worker_id=worker, stopping=threading.Event(), by_type=by_type or {})


def limited(**limits: float) -> PlannedPhase:
    return PlannedPhase(id="extraction", name="E", type=PHASE.type, config={}, limits=Limits(**limits))  # type: ignore[arg-type]  # numbers


def take(database: Database, worker: str, *, concurrency: int = 2) -> int | None:
    with database.writing() as connection:
        return take_place(connection, "key", worker, concurrency=concurrency)


def test_places_are_given_once_and_again_when_left(database: Database) -> None:
    assert [take(database, "one"), take(database, "two"), take(database, "one")] == [0, 1, None]
    with database.writing() as connection:
        leave_place(connection, "key", 0, "two")  # not two's: nothing happens
    assert take(database, "two") is None
    with database.writing() as connection:
        leave_place(connection, "key", 0, "one")
    assert [take(database, "two"), take(database, "two")] == [0, None]


def test_the_places_of_a_worker_that_is_no_more_are_free(database: Database) -> None:
    assert [take(database, "one"), take(database, "two")] == [0, 1]
    with database.writing() as connection:
        forget_worker(connection, "one")
    assert [take(database, "two"), take(database, "two")] == [0, None]


def test_fewer_places_than_before_are_kept_to(database: Database) -> None:
    assert [take(database, "one", concurrency=3) for _ in range(4)] == [0, 1, 2, None]
    with database.writing() as connection:
        for place in range(3):
            leave_place(connection, "key", place, "one")
    assert [take(database, "one", concurrency=1) for _ in range(2)] == [0, None]


def test_moments_are_apart_whoever_takes_them(database: Database) -> None:
    with database.writing() as connection:
        waits = [reserve_start(connection, "key", per_second=10) for _ in range(5)]
    assert waits[0] == 0
    assert all(0.08 <= later - earlier <= 0.101 for earlier, later in pairwise(waits))


def test_no_more_run_at_once_than_said_over_two_workers(database: Database) -> None:
    phase, running, most = limited(concurrency=2), 0, 0
    lock = threading.Lock()

    def run(limiter: Limiter) -> None:
        nonlocal running, most
        with limiter.place(phase, "run"):
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1

    limiters = [make_limiter(database, worker) for worker in ("one", "two")]
    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(run, limiters[n % 2]) for n in range(18)]:
            done.result()
    assert most == 2


def test_no_more_start_in_a_second_than_said_over_two_workers(database: Database) -> None:
    phase, starts = limited(per_second=20), []

    def run(limiter: Limiter) -> None:
        with limiter.place(phase, "run"):
            starts.append(time.monotonic())

    limiters = [make_limiter(database, worker) for worker in ("one", "two")]
    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(run, limiters[n % 2]) for n in range(21)]:
            done.result()
    starts.sort()
    assert starts[-1] - starts[0] >= 0.9  # 20 gaps of 50 ms, but for what a busy machine delayed the first


def test_a_run_s_limit_and_that_of_all_runs_both_hold(database: Database) -> None:
    limiter = make_limiter(database, "one", {PHASE.type.value: Limits(concurrency=1)})
    assert [key for key, _ in limiter.limits(limited(per_second=3), "run")] == [
        f"type/{PHASE.type.value}",
        "run/extraction",
    ]
    assert limiter.limits(PHASE, "run") == [(f"type/{PHASE.type.value}", Limits(concurrency=1))]
    assert make_limiter(database, "one").limits(PHASE, "run") == []


def test_who_waits_for_a_place_leaves_when_the_worker_stops(database: Database) -> None:
    stopping = threading.Event()
    limiter = Limiter(database, worker_id="one", stopping=stopping, by_type={})
    phase = limited(concurrency=1)
    with limiter.place(phase, "run"), ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(lambda: limiter.place(phase, "run").__enter__())
        time.sleep(0.1)
        assert not waiting.done()
        stopping.set()
        with pytest.raises(Stopping):
            waiting.result()
    assert take_again(database, phase) == 0


def take_again(database: Database, phase: PlannedPhase) -> int | None:
    with database.writing() as connection:
        return take_place(connection, f"run/{phase.id}", "two", concurrency=1)


def test_the_limits_of_a_run_that_ended_are_forgotten(database: Database, tmp_path: object) -> None:
    program = make_program(database, tmp_path)  # type: ignore[arg-type]  # a Path
    run_id = start_run(program, make_plan(1, assembly=False), documents=1)
    with make_limiter(database, "one").place(limited(concurrency=1, per_second=1000), run_id):
        pipelines.cancel_pipeline(program, run_id)
    assert pipelines.get_progress(program, run_id).cancelled_documents == 1
    with database.writing() as connection:
        assert take_place(connection, f"{run_id}/extraction", "two", concurrency=1) == 0
