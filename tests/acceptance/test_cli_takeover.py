"""A run that is stopped, or left to another process."""

import json
import signal

import pytest

DOCUMENTS = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory, write_invoice):
    folder = tmp_path_factory.mktemp("documents")
    for n in range(DOCUMENTS):
        write_invoice(folder / f"{n:03}.txt", n=n)
    return folder


def wait_for_line(process, word):
    """Reads what a process prints up to a line with `word`."""
    for line in process.stdout:
        if word in line:
            return line
    raise AssertionError(process.stderr.read())


def test_a_run_stopped_by_sigterm_is_resumed_where_it_was(start, docrail, folder, spec_file, tmp_path):
    with start(tmp_path, "run", folder, "--spec", spec_file) as process:
        wait_for_line(process, "Transfer")
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    pipeline = json.loads(docrail(tmp_path, "pipelines", "--json").stdout)[0]["id"]
    assert f"docrail resume {pipeline} --home {tmp_path}\n" in err
    done = docrail(tmp_path, "resume", pipeline[-8:], "--json")
    assert done.returncode == 0, done.stderr
    progress = json.loads(done.stdout)
    assert progress["generation"] == 1
    assert [row["completed"] for row in progress["phases"]] == [DOCUMENTS] * 3
    assert "nothing to resume" in docrail(tmp_path, "resume").stderr


def test_a_run_beside_a_worker_is_watched_and_taken_over_when_the_worker_dies(
    start, folder, spec_file, tmp_path
):
    with start(tmp_path, "run", folder, "--spec", spec_file) as worker:
        wait_for_line(worker, "Transfer")
        with start(tmp_path, "run", folder, "--spec", spec_file, "--name", "second") as second:
            wait_for_line(second, "active")
            worker.kill()
            worker.communicate(timeout=20)
            out, err = second.communicate(timeout=60)
    assert second.returncode == 0, err
    assert f"{DOCUMENTS} of {DOCUMENTS} documents completed" in out


def test_a_worker_does_what_was_queued_and_ends_when_asked(start, docrail, folder, spec_file, tmp_path):
    with start(tmp_path, "run", folder, "--spec", spec_file) as process:
        wait_for_line(process, "active")
        process.kill()
        process.communicate(timeout=20)
    with start(tmp_path, "worker") as worker:
        watched = docrail(tmp_path, "progress", "last", "--watch", "--json")
        worker.terminate()
        worker.communicate(timeout=20)
    assert json.loads(watched.stdout)["completedDocuments"] == DOCUMENTS
    assert worker.returncode == 0
