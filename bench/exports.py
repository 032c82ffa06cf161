"""How long an export of 100,000 rows takes and how much memory: `python bench/exports.py [--rows 100000]`.

Each export runs in a process of its own. Plain: a row a document, 8 fields of which one in 20 is held. Audit: so
many documents that there is a row a cell for as many rows.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from docrail.bootstrap import Program
from docrail.config import Settings
from docrail.core.model import Box, Cell, CellStatus, HoldReason, Provenance, Severity, Verdict
from docrail.core.plan import compile_rail
from docrail.core.plan_json import spec_to_json
from docrail.core.spec import Field, FieldType, Spec, Stage
from docrail.core.state import Move, Position, State
from docrail.engine.durable import Engine
from docrail.store.blobs import Blobs
from docrail.store.chunks import claim_chunk
from docrail.store.database import Database
from docrail.store.documents import add_document
from docrail.store.keys import workspace_id
from docrail.store.moves import apply_moves
from docrail.store.runs import create_run
from docrail.store.schema import migrate
from docrail.store.specs import add_spec
from docrail.usecases import exports

NOW = 1_795_000_000_000
FIELDS = (
    *(Field(name=f"text_{n}") for n in range(4)),
    Field(name="date", format="date"),
    Field(name="total", type=FieldType.NUMBER),
    Field(name="count", type=FieldType.INTEGER),
    Field(name="paid", type=FieldType.BOOLEAN),
)


def open_bare(home: Path) -> Program:
    """A program over a home folder, without the engine."""
    settings = Settings(home=str(home))
    home.mkdir(exist_ok=True)
    database = Database(settings.url)
    migrate(database)
    with database.reading() as connection:
        workspace = workspace_id(connection)
    blobs, engine = Blobs(home / "blobs"), Engine(database.url)
    return Program(settings=settings, database=database, blobs=blobs, engine=engine, workspace=workspace)


def fill(program: Program, documents: int) -> str:
    """A finished run of so many documents; its id."""
    spec = Spec(name="bench", fields=FIELDS, rail=(Stage(type="schema"),))
    chunks: list[str] = []
    with program.database.writing() as connection:
        content = spec_to_json(spec).decode()
        stored = add_spec(
            connection, workspace_id=program.workspace, name="bench", digest="0", content=content, at=NOW
        )
        ids = [
            add_document(
                connection,
                workspace_id=program.workspace,
                digest=f"{n:064x}",
                filename=f"document-{n}.pdf",
                media_type="application/pdf",
                size_bytes=1,
                metadata={},
                at=NOW,
            )[0].id
            for n in range(documents)
        ]
        run_id = create_run(
            connection,
            workspace_id=program.workspace,
            name="bench",
            spec_id=stored.id,
            spec_version=1,
            plan=compile_rail(spec),
            document_ids=ids,
            metadata={},
            at=NOW,
            enqueue=lambda _connection, _task, key: chunks.append(key),
        )
    for chunk_id in chunks:
        with program.database.writing() as connection:
            claim = claim_chunk(connection, chunk_id, worker_id="bench", at=NOW, enqueue=lambda *_: None)
            assert claim is not None
            moves = [
                Move(
                    run_id=run_id,
                    document=work.id,
                    chunk_id=chunk_id,
                    epoch=claim.epoch,
                    before=work.position,
                    after=Position(1, State.PARTIAL if n % 20 == 0 else State.COMPLETED),
                    at=NOW,
                    attempts=0,
                    cells=tuple(cells(n)),
                    verdicts=verdicts(n),
                    held=int(n % 20 == 0),
                )
                for n, work in enumerate(claim.works)
            ]
            apply_moves(connection, moves, enqueue=lambda *_: None)
    return run_id


def cells(n: int) -> list[Cell]:
    values = [f"Text of some length {n}-{k}" for k in range(4)]
    found: list[object] = [*values, "2026-11-24", n / 7, n, n % 2 == 0]
    return [
        Cell(
            field=field.name,
            value=value,  # type: ignore[arg-type]  # a JSON value
            confidence=0.87,
            phase="extraction",
            status=CellStatus.HELD if held else CellStatus.FILLED,
            hold_reason=HoldReason.FAILED_CHECK if held else None,
            provenance=Provenance(
                method="zero_shot", text=str(value), page=1, box=Box(x0=1.5, y0=2.5, x1=3.5, y1=4.5)
            ),
        )
        for field, value in zip(FIELDS, found, strict=True)
        for held in [field.name == "total" and n % 20 == 0]
    ]


def verdicts(n: int) -> tuple[Verdict, ...]:
    return (
        Verdict(
            gate="Totals",
            check="range",
            field="total",
            passed=n % 20 != 0,
            severity=Severity.BLOCKING,
            phase="validation",
        ),
    )


def export(home: Path, run_id: str, kind: str, name: str) -> None:
    """One export in this process; prints its figures as JSON."""
    program = open_bare(home)
    target = home / f"{kind}.{name}"
    began = time.perf_counter()
    rows = exports.export_pipeline(program, run_id, target, kind=kind)  # type: ignore[arg-type]
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = target.stat().st_size / 1e6
    print(json.dumps({"rows": rows, "seconds": seconds, "peak": peak, "size": size}))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--one", nargs=4)
    given = parser.parse_args()
    if given.one:
        home, run_id, kind, name = given.one
        export(Path(home), run_id, kind, name)
        return
    print("| export | rows | seconds | rows/s | peak MB | file MB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for kind, documents in (("plain", given.rows), ("audit", given.rows // len(FIELDS))):
            home = Path(folder) / kind
            run_id = fill(open_bare(home), documents)
            for name in exports.FORMATS:
                command = [sys.executable, __file__, "--one", str(home), run_id, kind, name]
                out = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
                rate = out["rows"] / out["seconds"]
                print(
                    f"| {kind}.{name} | {out['rows']:,} | {out['seconds']:.1f} | {rate:,.0f} "
                    f"| {out['peak']:.0f} | {out['size']:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
