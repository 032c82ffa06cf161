"""Worker processes, the API and PostgreSQL are killed while they work: no answer lies, and the product is the same."""

import random
import subprocess
import threading
from collections import Counter

import pytest

from tests.acceptance.chaos import (
    TAKE_OVER_SECONDS,
    calm_down,
    every_run,
    keep_working,
    retry_crashed,
    site,
    strike_all,
    upload,
)
from tests.acceptance.chaos_processes import DOCRAIL
from tests.acceptance.chaos_product import product_of_home, wrong_with
from tests.acceptance.small_job import SPEC, write_job

DOCUMENTS = 80
KINDS = ("worker", "worker", "freeze", "api", "postgres", "postgres-immediate")
GAP_SECONDS = (0.1, 0.6)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return write_job(tmp_path_factory.mktemp("job"), documents=DOCUMENTS)


@pytest.fixture(scope="module")
def undisturbed(job, tmp_path_factory):
    files, spec = job
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    command = [DOCRAIL, "--home", str(home), "run", str(files), "--spec", str(spec)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 3, ended.stderr  # the empty document is an error
    return product_of_home(home)


@pytest.mark.parametrize("seed", [1])
def test_chaos_changes_nothing_of_the_product_and_no_answer_breaks_a_rule(seed, job, undisturbed):
    files, _ = job
    chance, stop = random.Random(seed), threading.Event()
    kinds = chance.sample(KINDS, len(KINDS))
    print(f"seed {seed}: {' '.join(kinds)}")
    with site(workers=2) as place:
        spec = upload(place, sorted(files.iterdir()), SPEC)
        working = threading.Thread(target=keep_working, args=(place, spec, stop))
        working.start()
        try:
            strike_all(place, kinds, chance, gap=GAP_SECONDS)
        finally:
            stop.set()
            working.join()
        calm_down(place, seconds=60)
        retry_crashed(place)
        assert [
            line for run in every_run(place) for line in wrong_with(place.program, run.id, undisturbed)
        ] == []
        assert place.broken == []
        _assert_it_was_chaos(place)


def _assert_it_was_chaos(place):
    """What was counted really happened, and somebody looked."""
    struck = place.struck_how_often()
    print(dict(struck), [seen.polls for seen in place.seen], place.taken_over)
    assert struck == Counter(KINDS)
    assert sum(each.exits[-9] for each in place.workers) == KINDS.count("worker")
    assert place.api.exits[-9] == KINDS.count("api")
    assert sum(each.thawed for each in place.workers) == KINDS.count("freeze")
    assert len(place.taken_over["worker"]) >= KINDS.count("worker") - 1
    assert all(seconds > TAKE_OVER_SECONDS * 0.8 for seconds in place.taken_over["freeze"])
    assert min(seen.polls for seen in place.seen) > 20
