"""The examples of docs/reference/http.md, run against the real server."""

import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

BIN = Path(sys.executable).parent
PAGE = (Path(__file__).parents[2] / "docs/reference/http.md").read_text(encoding="utf-8")
SPEC = """
name: Notes
fields:
  number: {type: string, synonyms: [Invoice No]}
  customer: {type: string}
rail: [{type: registry}, {type: schema}]
"""


@contextmanager
def serving(environment, port):
    command = [BIN / "docrail", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment) as process:
        try:
            until = time.monotonic() + 30
            while not is_ready(port):
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def is_ready(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="the page uses curl and jq")
def test_the_main_job_runs_as_the_page_says(tmp_path):
    for n, name in enumerate(("one", "two"), 1):
        (tmp_path / f"{name}.txt").write_text(f"Invoice No: R-{n}\n")
    (tmp_path / "spec.yaml").write_text(SPEC)
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "DOCRAIL_HOME": str(tmp_path / "home"), "PATH": path}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    examples = "".join(re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL))
    with serving(environment, port) as url:
        script = "set -euo pipefail\n" + examples.replace("http://127.0.0.1:8000", url)
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stderr + done.stdout
    lines = done.stdout.splitlines()
    assert lines[:2] == ["accepted one.txt", "accepted two.txt"]
    assert '"status":"completed"' in lines
    assert {"number": "R-1", "customer": "Ada"} in [json.loads(line) for line in lines if line[0] == "{"]
    with (tmp_path / "table.csv").open() as file:
        assert sorted(row["number"] for row in csv.DictReader(file)) == ["R-1", "R-2"]
