"""Polls of progress over HTTP: `python bench/polls.py [--documents 20000] [--connections 32] [--seconds 8] [--database URL]`.

A real server on one core (Linux), asked by processes that speak plain HTTP/1.1 over kept connections: first while nothing
changes, then while a worker writes as fast as it can.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import engine

from docrail.bootstrap import open_program
from docrail.config import Settings
from docrail.usecases.keys import create_key

SERVER = "import sys; from docrail.api import serve; from contextlib import nullcontext; serve.worker_process = lambda _s: nullcontext(); from docrail.cli.app import main; main()"


async def ask(port: int, request: bytes, until: float, times: list[float]) -> None:
    """Poll over one connection until a moment of time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < until:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        times.append(time.perf_counter() - began)
    writer.close()


def cpu_seconds(process: int) -> float:
    """The processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(
    port: int, path: str, key: str, connections: int, seconds: float, server: int
) -> dict[str, Any]:
    """Polls a second, and how long they took."""
    cpu = cpu_seconds(server)
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    times: list[float] = []
    until = time.monotonic() + seconds
    await asyncio.gather(*(ask(port, request, until, times) for _ in range(connections)))
    times.sort()
    return {
        "polls_per_second_of_one_core": round(len(times) / (cpu_seconds(server) - cpu)),
        "polls_per_second": round(len(times) / seconds),
        "median_ms": round(1000 * median(times), 2),
        "p99_ms": round(1000 * times[int(0.99 * len(times))], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=40_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--port", type=int, default=18_123)
    options = parser.parse_args()
    import uvloop

    with tempfile.TemporaryDirectory(prefix="docrail-bench-") as folder:
        settings = Settings(home=str(Path(folder) / "home"))
        with open_program(settings) as program:
            run_id = engine.start(program, engine.fill(program, options.documents))
            key = create_key(program, scopes=("read",)).secret
            environment = {**os.environ, "DOCRAIL_HOME": settings.home}
            server = subprocess.Popen(
                [sys.executable, "-c", SERVER, "serve", "--port", str(options.port)], env=environment
            )
            time.sleep(3)
            path = f"/v1/pipelines/{run_id}/progress"
            for writing in (False, True):
                worker = None
                if writing:
                    worker = subprocess.Popen(
                        [sys.executable, engine.__file__, "--work"], stdin=subprocess.PIPE, env=environment
                    )
                    time.sleep(2)
                for connections in (1, options.connections):
                    print(
                        "writing" if writing else "idle",
                        connections,
                        json.dumps(
                            uvloop.run(
                                load(options.port, path, key, connections, options.seconds, server.pid)
                            )
                        ),
                        flush=True,
                    )
                if worker is not None:
                    worker.communicate(b"")
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
