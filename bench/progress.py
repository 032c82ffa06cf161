"""What exact progress costs: `python bench/progress.py [--large 1000000]` writes bench/results/progress.json.

Side by side in one run: transitions with and without counters; the start of a run of 100,000 documents; pages of the
errors of a run; and, through bench/engine.py, the whole machine with its polls on SQLite and PostgreSQL, the resume
after SIGKILL, and a run of `--large` documents.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import engine
from engines_picture import draw

from docrail.bootstrap import Program
from docrail.core.state import Failure, Move, Position, State
from docrail.store import moves as moves_module
from docrail.store.chunks import Claim, claim_chunk
from docrail.store.errors import read_errors
from docrail.store.ids import now_ms
from docrail.store.moves import apply_moves
from docrail.usecases.pipelines import audit_progress, create_pipeline, get_progress
from docrail.usecases.spec_text import save_spec_text

RESULTS = Path(__file__).parent / "results" / "progress.json"
TOGETHER = 500
SPEC = "name: Numbers\nfields:\n  number: {type: string}\nrail:\n  - {type: schema}\n"
FAILURE = Failure(code="extraction_failed", message="Extraction failed.", retryable=True)


def peak_mb() -> float:
    """The most memory that this process ever had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def claims(program: Program, run_id: str) -> list[Claim]:
    """Every chunk of a run, claimed."""
    from sqlalchemy import select

    from docrail.store import tables

    found = []
    with program.database.writing() as connection:
        ids = connection.execute(select(tables.chunks.c.id).where(tables.chunks.c.run_id == run_id)).scalars()
        for chunk_id in list(ids):
            claim = claim_chunk(
                connection, chunk_id, worker_id="bench", at=now_ms(), enqueue=program.engine.enqueue
            )
            assert claim is not None
            found.append(claim)
    return found


def way(claim: Claim, document: str, steps: Sequence[Position], **more: Any) -> list[Move]:
    """The moves of a document along these steps."""
    return [
        Move(
            run_id=claim.run.id,
            document=document,
            chunk_id=claim.chunk_id,
            epoch=claim.epoch,
            before=before,
            after=after,
            at=now_ms(),
            attempts=1,
            phase_id="transfer",
            **more,
        )
        for before, after in pairwise(steps)
    ]


def through() -> list[Position]:
    """Start and finish of each of four phases."""
    steps = [Position(0, State.QUEUED)]
    for phase in range(4):
        steps += [
            Position(phase, State.RUNNING),
            Position(phase + 1, State.QUEUED if phase < 3 else State.COMPLETED),
        ]
    return steps


def apply(program: Program, batches: Sequence[Sequence[Move]]) -> float:
    """Transitions a second when each batch is one commit."""
    began = time.monotonic()
    for batch in batches:
        with program.database.writing() as connection:
            late = apply_moves(connection, batch, enqueue=program.engine.enqueue)
        assert not late
    return sum(map(len, batches)) / (time.monotonic() - began)


def one_step_at_a_time(program: Program, documents: int) -> list[list[Move]]:
    """Batches in which each of up to 500 documents makes its next move."""
    run_id = engine.start(program, engine.fill(program, documents))
    ways = [way(claim, work.id, through()) for claim in claims(program, run_id) for work in claim.works]
    groups = [ways[start : start + TOGETHER] for start in range(0, len(ways), TOGETHER)]
    return [[each[step] for each in group] for group in groups for step in range(8)]


def measure_counters(program: Program, documents: int) -> dict[str, Any]:
    """The rate of transitions with the counters and history, and without."""
    counting: Callable[..., None] = moves_module.count_changes
    rates: dict[str, list[float]] = {"with": [], "without": []}
    for name in ("with", "without", "without", "with"):
        batches = one_step_at_a_time(program, documents)
        moves_module.count_changes = counting if name == "with" else lambda *_a, **_n: None
        rates[name].append(apply(program, batches))
        moves_module.count_changes = counting
    with_counters, without = (sum(rates[name]) / 2 for name in ("with", "without"))
    return {
        "transitions_per_second_with_counters": round(with_counters),
        "transitions_per_second_without": round(without),
        "ratio": round(with_counters / without, 2),
    }


def measure_start(program: Program, documents: int) -> dict[str, Any]:
    """How long the start of a run takes, from the ids that a client gives on, and the most memory of the process."""
    ids = engine.fill(program, documents)
    spec = save_spec_text(program, SPEC, origin="bench")
    began = time.monotonic()
    create_pipeline(program, spec_id=spec.id, document_ids=ids)
    return {
        "documents": documents,
        "seconds": round(time.monotonic() - began, 2),
        "peak_mb": round(peak_mb()),
    }


def measure_errors(program: Program, documents: int) -> dict[str, Any]:
    """Pages of the errors of a run in which every document failed: the first ones against the last ones."""
    run_id = engine.start(program, engine.fill(program, documents))
    steps = [Position(0, State.QUEUED), Position(0, State.RUNNING), Position(0, State.ERROR)]
    for claim in claims(program, run_id):
        batch = [move for work in claim.works for move in way(claim, work.id, steps, failure=FAILURE)]
        with program.database.writing() as connection:
            apply_moves(connection, batch, enqueue=program.engine.enqueue)
    times, cursor = [], None
    with program.database.reading() as connection:
        while True:
            began = time.perf_counter()
            _, cursor = read_errors(connection, run_id, limit=200, after=cursor)
            times.append(time.perf_counter() - began)
            if cursor is None:
                break
    progress = get_progress(program, run_id)
    return {
        "errors": progress.errors_total,
        "first_pages_ms": round(1000 * median(times[1:51]), 2),
        "last_pages_ms": round(1000 * median(times[-51:-1]), 2),
        "audit": audit_progress(program, run_id),
    }


def run_engine(*arguments: str) -> dict[str, Any]:
    """One run of bench/engine.py."""
    command = [sys.executable, engine.__file__, *arguments]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    print(" ".join(arguments), output, flush=True)
    head, _, body = output.partition("\n")
    return {"arguments": " ".join(arguments), "start": head, **json.loads(body)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--start", type=int, default=100_000)
    options = parser.parse_args()
    results: dict[str, Any] = {
        "command": " ".join(["python", *sys.argv]),
        "machine": f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}",
        "date": time.strftime("%Y-%m-%d"),
    }
    for name, database in (("sqlite", ""), ("postgresql", "postgresql")):
        with engine.program_over(database) as (_settings, program):
            results[name] = {
                "counters": measure_counters(program, options.documents // 4),
                "start": measure_start(program, options.start),
                "errors": measure_errors(program, options.documents),
            }
            print(name, json.dumps(results[name], indent=2), flush=True)
    documents = str(options.documents)
    together = ("--database", "postgresql", "--workers", "2")
    results["engine"] = [
        run_engine("--documents", documents),
        run_engine("--documents", documents, *together),
        run_engine("--documents", documents, "--kill"),
        run_engine("--documents", documents, "--kill", *together),
        run_engine("--documents", str(options.large)),
    ]
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    bars = [
        (f"docrail {each['arguments'].removeprefix('--documents ')}", float(each["documents_per_second"]))
        for each in results["engine"]
        if "documents_per_second" in each
    ]
    RESULTS.with_suffix(".svg").write_text(draw(bars))


if __name__ == "__main__":
    main()
