"""Runs `read_alone` for one file and measures it: seconds, peak memory, bytes written, connections, files left."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CODES = {"unreadable", "encrypted", "empty", "unsupported", "too_large", "timeout", "out_of_memory"}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a file; `left` are files that were not there before."""

    answer: dict[str, Any]
    seconds: float
    memory_mb: float
    written_mb: float
    left: list[str] = field(default_factory=list)


def read_alone(path: Path, folder: Path, *, limits: dict[str, float] | None = None) -> Outcome:
    """Read `path` in a fresh process with `folder` as its home, its working and its temporary folder."""
    allowed = {"seconds": 30, "memory_mb": 1024, "written_mb": 50} | (limits or {})
    command = [sys.executable, "-B", "-m", "tests.integration.read_alone"]
    arguments = [str(path), str(allowed["seconds"]), str(allowed["memory_mb"])]
    environment = {
        **os.environ,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    before = _watched(folder)
    started = time.monotonic()
    with (
        (folder / "out").open("wb") as out,
        subprocess.Popen([*command, *arguments], stdout=out, cwd=folder, env=environment) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    assert process.returncode == 0
    return Outcome(
        answer=json.loads((folder / "out").read_text()),
        seconds=seconds,
        memory_mb=usage.ru_maxrss / 1024,
        written_mb=usage.ru_oublock * 512 / 1e6,
        left=sorted(_watched(folder) - before - {str(folder / "out")}),
    )


def check_cost(outcome: Outcome, limits: dict[str, float]) -> None:
    """Within the limits; starting two interpreters is no part of reading."""
    assert outcome.seconds < limits["seconds"] + 2
    assert outcome.memory_mb <= limits["memory_mb"]
    assert outcome.written_mb <= limits["written_mb"]
    assert outcome.left == []


@contextmanager
def listening(port: int = 0) -> Iterator[tuple[int, list[bytes]]]:
    """(port, what connected to it meanwhile); the list is filled when the block ends.

    A port that may not be used stays without a listener; then the list is empty.
    """
    heard: list[bytes] = []
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            yield port, heard
            return
        server.listen(32)
        server.setblocking(False)
        yield server.getsockname()[1], heard
        while True:
            try:
                connection, _ = server.accept()
            except BlockingIOError:
                return
            connection.settimeout(1)
            with connection:
                heard.append(connection.recv(200))


def _watched(folder: Path) -> set[str]:
    """Files where a hostile name could lead to: the folder, the data, the places above them, the system's own."""
    near = [Path("/"), Path("/tmp"), Path("/etc"), Path.home(), ROOT, folder.parent, folder.parent.parent]
    found = {str(path) for place in near for path in _entries(place) if not _is_noise(path)}
    return found | {str(path) for path in folder.rglob("*")}


def _entries(place: Path) -> list[Path]:
    try:
        return list(place.iterdir())
    except OSError:
        return []


def _is_noise(path: Path) -> bool:
    """What others make at the same time."""
    return path.is_dir() or not any(word in path.name.lower() for word in ("canary", "evil", "pwned"))
