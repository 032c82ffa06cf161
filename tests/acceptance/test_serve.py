"""The main job over HTTP against the real process: key, upload, spec, run, progress, results, product, export."""

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from docrail.core.invariants import broken_rules
from docrail.core.plan import Scope
from docrail.core.progress import (
    ErrorEntry,
    ErrorGroup,
    PhaseProgress,
    PipelinePhaseStatus,
    Progress,
    RunStatus,
)

DOCRAIL = str(Path(sys.executable).parent / "docrail")
SPEC = """
name: Invoices
fields:
  number: {type: string, synonyms: [Invoice No], required: true}
  total: {type: number, synonyms: [Total due]}
  customer: {type: string}
gates:
  - {name: complete, fields: [number], checks: [{check: required}]}
rail:
  - {type: registry}
  - {type: schema}
  - {type: valid, gates: [complete]}
"""
TEXT = "Invoice No: R-{n}\nDate: 2026-03-0{n}\n\nTotal due: {n}00.50 EUR\n"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def serving(home, *arguments, port=None):
    port = port or free_port()
    environment = {**os.environ, "DOCRAIL_HOME": str(home)}
    command = [DOCRAIL, "serve", "--port", str(port), *arguments]
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            wait_for(lambda: is_ready(port) or process.poll() is not None, seconds=30)
            assert process.poll() is None, process.stderr.read().decode()
            yield process, f"http://127.0.0.1:{port}"
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=30)


def is_ready(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def wait_for(condition, *, seconds):
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)
    return found


def make_key(home):
    command = [DOCRAIL, "keys", "create", "--scope", "read", "--scope", "write", "--json"]
    environment = {**os.environ, "DOCRAIL_HOME": str(home)}
    made = subprocess.run(command, env=environment, check=True, capture_output=True)
    return json.loads(made.stdout)["key"]


@pytest.fixture
def home(tmp_path):
    return tmp_path / "a home"


def start_run(client, files, **more):
    parts = [("files", file) for file in files]
    documents = client.post("/v1/documents", files=parts, **more).raise_for_status().json()["data"]
    spec = client.post("/v1/specs", content=SPEC).raise_for_status().json()
    body = {"schema_id": spec["id"], "document_ids": [each["id"] for each in documents]}
    return client.post("/v1/pipelines", json=body).raise_for_status().json()


def follow(client, url):
    """Poll as fast as it goes until the terminal answer; every one obeys every rule."""
    before = None
    until = time.monotonic() + 60
    while True:
        body = client.get(url).json()
        now = as_progress(body)
        assert broken_rules(now, before) == ()
        if now.status.terminal:
            return body
        before = now
        assert time.monotonic() < until, body


def as_progress(body):
    """The progress of an answer as it is on the wire."""
    numbers = ("completed", "running", "pending", "errors", "skipped")
    rows = [
        PhaseProgress(
            phase_id=row["phaseId"],
            name=row["name"],
            type=row["type"],
            scope=Scope(row.get("scope", "document")),
            status=PipelinePhaseStatus(row["status"]) if row.get("status") else None,
            **{name: row[name] for name in numbers},
        )
        for row in body["phases"]
    ]
    entries = [
        ErrorEntry(
            pipeline_document_id=each["pipelineDocumentId"],
            document_id=each["documentId"],
            at=0,
            **{name: each[name] for name in ("phase", "message", "code", "attempts", "retryable")},
        )
        for each in body["errors"]
    ]
    return Progress(
        pipeline_id=body["pipelineId"],
        status=RunStatus(body["status"]),
        total_documents=body["totalDocuments"],
        completed_documents=body["completedDocuments"],
        error_documents=body["errorDocuments"],
        phases=tuple(rows),
        errors=tuple(entries),
        errors_total=body["errorsTotal"],
        errors_next_cursor=body["errorsNextCursor"],
        error_groups=tuple(ErrorGroup(**each) for each in body["errorGroups"]),
        partial_documents=body["partialDocuments"],
        cancelled_documents=body["cancelledDocuments"],
        held_fields=body["heldFields"],
        finalization_pending=tuple(body["finalizationPending"]),
        generation=body["generation"],
        revision=body["revision"],
        started_at=0,
        updated_at=0,
        finished_at=None,
        documents_per_second=None,
        eta=None,
    )


def test_the_main_job_over_http(home):
    with serving(home) as (_, url), httpx.Client(base_url=url, timeout=30) as client:
        assert client.get("/v1/pipelines").status_code == 401
        client.headers["Authorization"] = f"Bearer {make_key(home)}"
        files = [(f"{n}.txt", TEXT.format(n=n).encode()) for n in range(1, 5)]
        files += [("blank.txt", b"nothing here\n"), ("empty.pdf", b"")]
        run = start_run(client, files, data={"metadata": json.dumps({"customer": "Ada"})})
        progress = follow(client, run["links"]["progress"])
        assert (progress["status"], progress["totalDocuments"]) == ("completed", 6)
        assert (progress["completedDocuments"], progress["errorDocuments"]) == (5, 1)
        assert [(each["phase"], each["code"]) for each in progress["errors"]] == [(None, "empty")]
        assert client.get(run["links"]["progress"] + "/audit").json()["consistent"]
        rows = client.get(run["links"]["results"]).json()["data"]
        records = {row["filename"]: row["record"] for row in rows}
        assert records["3.txt"] == {"number": "R-3", "total": 300.5, "customer": "Ada"}
        held = {row["filename"]: row["held_fields"] for row in rows if row["held_fields"]}
        assert held == {"blank.txt": [{"field": "number", "reason": "missing_value"}]}
        made = client.post(run["links"]["self"] + "/data-product").json()["dataProduct"]
        table = list(csv.DictReader(io.StringIO(client.get(made["links"]["plain.csv"]).text)))
        assert sorted(row["number"] for row in table) == ["", "R-1", "R-2", "R-3", "R-4"]


def test_a_worker_that_dies_is_started_again(home):
    key = make_key(home)
    with serving(home) as (process, url):
        worker = wait_for(lambda: children(process.pid), seconds=10)[0]
        os.kill(worker, signal.SIGKILL)
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=url, timeout=30, headers=headers) as client:
            run = start_run(client, [("1.txt", TEXT.format(n=1).encode())])
            assert follow(client, run["links"]["progress"])["status"] == "completed"
        assert worker not in children(process.pid)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_worker_ends_with_its_server(home, how):
    with serving(home) as (process, _):
        worker = wait_for(lambda: children(process.pid), seconds=10)[0]
        process.send_signal(how)
        code = process.wait(20)
        assert process.stderr.read() == b""
        wait_for(lambda: not Path(f"/proc/{worker}").exists(), seconds=20)
    assert code == (-9 if how == signal.SIGKILL else 0)


def test_others_are_not_listened_to_while_no_key_exists(home):
    command = [DOCRAIL, "serve", "--host", "0.0.0.0", "--port", str(free_port())]
    environment = {**os.environ, "DOCRAIL_HOME": str(home)}
    refused = subprocess.run(command, env=environment, capture_output=True, timeout=30)
    assert refused.returncode == 2
    assert b"docrail keys create" in refused.stderr


def children(pid):
    stats = [(path, path.read_text()) for path in Path("/proc").glob("[0-9]*/stat") if path.exists()]
    return [int(path.parent.name) for path, text in stats if int(text.rpartition(")")[2].split()[1]) == pid]
