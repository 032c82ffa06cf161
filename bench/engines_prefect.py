"""Prefect: one flow over all documents with four tasks each; run by `bench/engines.py` in a venv that has it.

A local API server over SQLite is started first. One flow for all is the most favourable way: a flow run a document
would cost more calls. The tasks of a document are submitted as a chain, the documents run side by side.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engines_clock import report, watch

THREADS = 8


def run(documents: int, limit: float) -> None:
    """All documents in one flow, in this process; reports the figures."""
    from prefect import flow, task
    from prefect.task_runners import ThreadPoolTaskRunner

    finished: list[int] = []

    @task
    def step(number: int) -> int:
        return number

    @task
    def last(number: int) -> int:
        finished.append(number)
        return number

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=THREADS))  # type: ignore[arg-type]
    def everything(numbers: list[int]) -> None:
        ends: list[Any] = [last.submit(step.submit(step.submit(step.submit(number)))) for number in numbers]
        for end in ends:
            end.wait()

    threading.Thread(target=everything, args=(list(range(documents)),), daemon=True).start()
    figures = watch(lambda: len(finished), documents, limit=limit)
    report(figures | {"versions": {"prefect": version("prefect")}})
    os._exit(0)  # what is cut off is not waited for


def wait_for(url: str) -> None:
    """Wait until the server answers, at most a minute."""
    for _ in range(240):
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except OSError:
            time.sleep(0.25)
    raise SystemExit("the Prefect server did not answer")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--run", action="store_true")
    options = parser.parse_args()
    if options.run:
        run(options.documents, options.limit)
        return
    with tempfile.TemporaryDirectory(prefix="docrail-bench-prefect-") as folder:
        api = f"http://127.0.0.1:{(port := free_port())}/api"
        quiet = {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
        environment = {**os.environ, **quiet, "PREFECT_HOME": folder, "DO_NOT_TRACK": "1"}
        prefect = Path(sys.executable).parent / "prefect"
        command = [prefect, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        server = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_for(f"{api}/health")
            subprocess.run(
                [sys.executable, *sys.argv, "--run"], env=environment | {"PREFECT_API_URL": api}, check=True
            )
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
