"""`kill -9` at any moment of the main job: it goes on where it was, nothing is lost and nothing happens twice."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.acceptance.small_job import product, write_job

DOCRAIL = str(Path(sys.executable).parent / "docrail")
KILLS = 13
DOCUMENTS = 150


def start(home, *arguments):
    return subprocess.Popen(
        [DOCRAIL, "--home", str(home), *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "DOCRAIL_CONCURRENCY": "2"},
    )


def finish(home, *arguments):
    with start(home, *arguments) as process:
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 3, errors.decode()


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return write_job(tmp_path_factory.mktemp("job"), documents=DOCUMENTS)


@pytest.fixture(scope="module")
def undisturbed(job, tmp_path_factory):
    files, spec = job
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    finish(home, "run", files, "--spec", spec)
    return product(home)


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_run_comes_to_the_product_of_an_undisturbed_one(seed, job, undisturbed, tmp_path):
    files, spec = job
    home = tmp_path / "home"
    moments = random.Random(seed)
    kills = 0
    while kills < KILLS:
        arguments = ("resume",) if has_run(home) else ("run", files, "--spec", spec)
        with start(home, *arguments) as process:
            time.sleep(moments.uniform(0.2, 1.6))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.communicate(timeout=60)
        if process.returncode == 3 or (process.returncode == 0 and has_run(home)):
            break  # it was quicker than this many kills
    finish(home, *(("run", files, "--spec", spec) if not has_run(home) else ("resume", "last")))
    assert product(home) == undisturbed
    print(f"seed {seed}: {kills} kills")


def has_run(home):
    """Whether the run was made before the process ended."""
    if not (home / "docrail.db").exists():
        return False
    listed = subprocess.run(
        [DOCRAIL, "--home", str(home), "pipelines", "--json"], capture_output=True, check=False, timeout=60
    )
    return listed.returncode == 0 and listed.stdout.strip() not in {b"", b"[]"}
