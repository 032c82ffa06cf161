"""A crash before and after every store call of a small run: the run goes on, and its product is the same."""

import os
import sys
import threading
from collections import Counter
from contextlib import contextmanager

import pytest

from docrail.bootstrap import open_program, working
from docrail.cli import run as _whole_program  # noqa: F401 - everything is imported before the test forks
from docrail.config import Settings
from docrail.store import assembly, progress, runs, specs
from docrail.store.blobs import Blobs
from docrail.store.database import Database
from docrail.store.ledger import Ledger
from docrail.usecases.intake import add_paths
from docrail.usecases.pipelines import create_pipeline, get_progress, list_pipelines, unfinished_pipelines
from docrail.usecases.sidecars import find_files
from docrail.usecases.spec_versions import save_spec
from docrail.usecases.specs import load_spec
from tests.acceptance.small_job import product, write_job

CRASHED = 86
LANES = 4
CALLED_BY_MODULE = {
    assembly: ("claim_phase", "finish_phase"),
    progress: ("read_progress",),
    runs: ("create_run",),
    specs: ("add_spec",),
}
"""Functions that others call as `module.function`."""
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


class Crashes:
    """Counts store calls; ends the process at one of them, as `kill -9` would."""

    def __init__(self, point=None):
        self.point = point
        self.seen = Counter()
        self.lock = threading.Lock()

    def reach(self, name):
        with self.lock:
            self.seen[name] += 1
            if (name, self.seen[name]) == self.point:
                os._exit(CRASHED)

    def around(self, name, function):
        def wrapped(*arguments, **named):
            self.reach(f"before {name}")
            result = function(*arguments, **named)
            self.reach(f"after {name}")
            return result

        return wrapped


def watch_store(crashes):
    """Put `crashes` around every store function that other modules call, every commit and every blob."""
    for module in [each for name, each in sys.modules.items() if name.startswith("docrail.")]:
        for attribute, value in list(vars(module).items()):
            origin = getattr(value, "__module__", "") or ""
            called_from_outside = (
                not module.__name__.startswith("docrail.store") or attribute == "apply_moves"
            )
            plain = callable(value) and not isinstance(value, type) and hasattr(value, "__code__")
            if (
                origin.startswith("docrail.store")
                and plain
                and called_from_outside
                and module.__name__ != origin
            ):
                setattr(module, attribute, crashes.around(value.__qualname__, value))
    for module, names in CALLED_BY_MODULE.items():
        for name in names:
            setattr(module, name, crashes.around(name, getattr(module, name)))
    for name in ("receive", "settle", "keep_layout", "read_layout"):
        setattr(Blobs, name, crashes.around(f"Blobs.{name}", getattr(Blobs, name)))
    Ledger.write = crashes.around("Ledger.write", Ledger.write)
    writing = Database.writing

    @contextmanager
    def watched(self):
        with writing(self) as connection:
            yield connection
            crashes.reach("before commit")
        crashes.reach("after commit")

    Database.writing = watched


def do_job(home, files, spec):
    """Begin the job, or go on with it, until it has ended. Waits without a store call of its own."""
    settings = Settings(home=str(home), concurrency=1, processes=1)
    with open_program(settings) as program:
        if not unfinished_pipelines(program):
            kept = save_spec(program, load_spec(spec))
            ids = [each.document.id for each in add_paths(program, find_files([str(files)]))]
            create_pipeline(program, spec_id=kept.id, document_ids=ids)
        (run_id,) = unfinished_pipelines(program)
        with working(program):
            pause = threading.Event()
            while not get_progress(program, run_id).status.terminal:
                pause.wait(0.05)


def fork(work):
    """Begin `work` in a fork of this process; the fork's id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - the fork must never return into pytest
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(1)
    os._exit(0)


def code_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def in_a_process(work):
    """Run `work` in a fork of this process; its exit code."""
    return code_of(fork(work))


def has_ended(home):
    """Whether the run was made and has ended."""
    if not (home / "docrail.db").exists():
        return False
    settings = Settings(home=str(home))
    with open_program(settings) as program:
        runs, _ = list_pipelines(program)
        return bool(runs) and runs[0].status.terminal


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return write_job(tmp_path_factory.mktemp("job"), documents=2)


@pytest.fixture(scope="module")
def undisturbed(job, tmp_path_factory):
    """The product, and how often each point is passed, of a run that nothing disturbs."""
    home, counted = (
        tmp_path_factory.mktemp("undisturbed") / "home",
        tmp_path_factory.mktemp("counts") / "points",
    )

    def count():
        crashes = Crashes()
        watch_store(crashes)
        do_job(home, *job)
        counted.write_text("\n".join(f"{n} {name}" for name, n in crashes.seen.items()))

    assert in_a_process(count) == 0
    lines = (line.split(" ", 1) for line in counted.read_text().splitlines())
    return product(home), {name: int(n) for n, name in lines}


def chosen(points):
    """Every point, the first and the last time that it is passed."""
    for name, n in sorted(points.items()):
        yield from ((name, each) for each in sorted({1, n}))


def crash_and_go_on(home, job, point, expected):
    """Crash at one point and go on; whether it was reached (a race may pass it by)."""
    code = in_a_process(lambda: (watch_store(Crashes(point)), do_job(home, *job)))
    assert code in {0, CRASHED}, point
    if not has_ended(home):
        assert in_a_process(lambda: do_job(home, *job)) == 0, point
    assert product(home) == expected, point
    return code == CRASHED


def test_a_crash_at_any_store_call_changes_nothing_of_the_product(job, undisturbed, tmp_path):
    expected, points = undisturbed
    every = list(chosen(points))

    def lane(first):
        crashed = [
            crash_and_go_on(tmp_path / str(n), job, point, expected)
            for n, point in list(enumerate(every))[first::LANES]
        ]
        (tmp_path / f"lane-{first}").write_text(str(sum(crashed)))

    lanes = [fork(lambda first=first: lane(first)) for first in range(LANES)]
    assert [code_of(each) for each in lanes] == [0] * LANES
    crashed = sum(int((tmp_path / f"lane-{first}").read_text()) for first in range(LANES))
    print(f"{crashed} crashes at {len(points)} different points")
    assert crashed >= 0.8 * len(every)


def test_every_module_of_the_store_is_watched(undisturbed):
    _, points = undisturbed
    called = {name.removeprefix("before ") for name in points if name.startswith("before ")}
    assert {
        "claim_chunk",
        "create_run",
        "add_documents",
        "add_entries",
        "add_spec",
        "claim_phase",
        "finish_phase",
    } <= called
    assert {"Blobs.receive", "Blobs.settle", "Blobs.keep_layout", "Ledger.write"} <= called
