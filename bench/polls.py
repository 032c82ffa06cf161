"""Polls of progress over HTTP: `python bench/polls.py [--connections 32] [--seconds 6] [--waiting 1000]`.

A real server (without a worker of its own) on SQLite, asked over kept connections: first while nothing changes, then
while a worker writes as fast as it can. `of_one_core`: polls for each second of processor time of the server, which
says what one core does however busy the machine is. At the end so many clients wait for a change at once.
Writes bench/results/polls.json.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import engine
import uvloop

from docrail.bootstrap import Program, open_program
from docrail.config import Settings
from docrail.usecases.keys import create_key

RESULTS = Path(__file__).parent / "results" / "polls.json"
SERVER = """
from contextlib import nullcontext
from docrail.api import serve
from docrail.config import read_settings
serve.worker_process = lambda _settings: nullcontext()
serve.serve(read_settings())
"""


class Client:
    """Asks one path of a server with one key, over as many connections as wanted."""

    def __init__(self, port: int, path: str, key: str, server: int) -> None:
        self.port, self.server = port, server
        self.head = f"HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        self.path = path

    async def poll(self, until: float, times: list[float]) -> None:
        """Poll over one connection until a moment of time."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        request = f"GET {self.path} {self.head}\r\n".encode()
        while time.monotonic() < until:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - began)
        writer.close()

    async def load(self, connections: int, seconds: float) -> dict[str, Any]:
        """Polls a second, and how long they took."""
        times: list[float] = []
        cpu, until = cpu_seconds(self.server), time.monotonic() + seconds
        await asyncio.gather(*(self.poll(until, times) for _ in range(connections)))
        times.sort()
        return {
            "connections": connections,
            "polls_per_second": round(len(times) / seconds),
            "of_one_core": round(len(times) / (cpu_seconds(self.server) - cpu)),
            "median_ms": round(1000 * median(times), 2),
            "p99_ms": round(1000 * times[int(0.99 * len(times))], 2),
        }

    async def wait(self, number: int, seconds: int) -> dict[str, Any]:
        """So many long-polls at once for something that does not happen; what they cost the server."""
        before, cpu = status(self.server), cpu_seconds(self.server)
        request = f"GET {self.path}?wait={seconds} {self.head}If-None-Match: *\r\n\r\n"
        connections = [await asyncio.open_connection("127.0.0.1", self.port) for _ in range(number)]
        for _, writer in connections:
            writer.write(request.encode())
        await asyncio.sleep(seconds / 2)
        during = status(self.server)
        answers = [await reader.readuntil(b"\r\n") for reader, _ in connections]
        for _, writer in connections:
            writer.close()
        assert all(b" 304" in answer for answer in answers), answers[0]
        return {
            "waiting": number,
            "threads_more": during["Threads"] - before["Threads"],
            "memory_more_mb": round((during["VmRSS"] - before["VmRSS"]) / 1024, 1),
            "cpu_seconds": round(cpu_seconds(self.server) - cpu, 2),
        }


def cpu_seconds(process: int) -> float:
    """The processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status(process: int) -> dict[str, int]:
    """What the system says of a process: threads, and memory in KB."""
    lines = (line.split() for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) for line in lines if len(line) > 1 and line[1].isdecimal()}


@contextmanager
def served(settings: Settings) -> Iterator[int]:
    """A server over a home folder while the block runs; its process id."""
    environment = {**os.environ, "DOCRAIL_HOME": settings.home, "DOCRAIL_PORT": str(settings.port)}
    server = subprocess.Popen([sys.executable, "-c", SERVER], env=environment)
    try:
        time.sleep(4)
        yield server.pid
    finally:
        server.terminate()
        server.wait()


def measure(program: Program, options: argparse.Namespace) -> dict[str, Any]:
    """The polls while nothing changes and while a worker writes, and the waiting ones."""
    settings = program.settings
    run_id = engine.start(program, engine.fill(program, options.documents))
    key = create_key(program, scopes=("read",)).secret
    results: dict[str, Any] = {}
    with served(settings) as server:
        client = Client(settings.port, f"/v1/pipelines/{run_id}/progress", key, server)
        sizes = (1, options.connections)
        results["idle"] = [uvloop.run(client.load(each, options.seconds)) for each in sizes]
        results["waiting"] = uvloop.run(client.wait(options.waiting, 10))
        with engine.workers(settings, 1):
            time.sleep(3)
            results["writing"] = [uvloop.run(client.load(each, options.seconds)) for each in sizes]
    return results


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=60_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--waiting", type=int, default=1000)
    parser.add_argument("--port", type=int, default=18_123)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="docrail-bench-") as folder:
        settings = Settings(home=str(Path(folder) / "home"), port=options.port)
        with open_program(settings) as program:
            results = measure(program, options)
    results |= {
        "command": " ".join(["python", *sys.argv]),
        "machine": f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}",
        "date": time.strftime("%Y-%m-%d"),
    }
    print(json.dumps(results, indent=2))
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
