"""Three processes poll as fast as they can while a worker works and is killed: no poll ever breaks a rule."""

import multiprocessing
import os
import signal
import time

import httpx

from docrail.core.invariants import broken_rules
from tests.acceptance.small_job import SPEC, write_job
from tests.acceptance.test_serve import as_progress, children, make_key, serving

POLLERS = 3


def poll(base, key, run, answers):
    """Poll until the run has ended; how often, and every rule that was broken."""
    before, polls, broken = None, 0, []
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        while before is None or not before.status.terminal:
            answer = client.get(f"/v1/pipelines/{run}/progress")
            assert answer.status_code == 200, answer.text
            progress = as_progress(answer.json())
            broken += broken_rules(progress, before)
            before, polls = progress, polls + 1
    answers.put((polls, broken))


def test_no_poll_breaks_a_rule_while_the_worker_is_killed(tmp_path):
    files, _ = write_job(tmp_path, documents=150)
    key = make_key(tmp_path / "home")
    processes = multiprocessing.get_context("spawn")
    with serving(tmp_path / "home") as (server, base):
        run = begin(base, key, sorted(files.iterdir()))
        answers = processes.Queue()
        pollers = [processes.Process(target=poll, args=(base, key, run, answers)) for _ in range(POLLERS)]
        for each in pollers:
            each.start()
        for _ in range(2):
            time.sleep(1.0)
            for worker in children(server.pid):
                os.kill(worker, signal.SIGKILL)
        found = [answers.get(timeout=120) for _ in pollers]
        for each in pollers:
            each.join()
        audit = httpx.get(f"{base}/v1/pipelines/{run}/progress/audit", headers=bearer(key)).json()
    assert [broken for _, broken in found] == [[]] * POLLERS
    assert min(polls for polls, _ in found) > 10
    assert audit == {"consistent": True, "drift": []}


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def begin(base, key, files):
    """Give the files and the spec, and start; the id of the pipeline."""
    with httpx.Client(base_url=base, headers=bearer(key), timeout=60) as client:
        sent = [("files", (file.name, file.read_bytes())) for file in files]
        ids = [each["id"] for each in client.post("/v1/documents", files=sent).json()["data"]]
        spec = client.post("/v1/specs", content=SPEC).json()["id"]
        made = client.post("/v1/pipelines", json={"schema_id": spec, "document_ids": ids})
        assert made.status_code == 201, made.text
        return made.json()["id"]
