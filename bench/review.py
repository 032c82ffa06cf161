"""The review queue at many held fields beside few: `python bench/review.py [--fields 1000000]`.

For each size a database is filled (rows as the ledger writes them), then pages of 20 are read at the beginning, in
the middle and near the end, with and without filters, together with the summary and one decision. Prints and writes
the medians in milliseconds and the ratio of the large to the small one.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from docrail.bootstrap import Program, open_program
from docrail.config import Settings
from docrail.core.model import Cell, CellStatus, HoldReason
from docrail.core.plan import compile_rail
from docrail.core.plan_json import spec_to_json
from docrail.core.spec import Field, Spec, Stage
from docrail.store import tables
from docrail.store.held_queue import refresh_queue
from docrail.store.ids import new_id
from docrail.store.reviews import Wanted
from docrail.store.rows import cell_row
from docrail.store.runs import create_run
from docrail.store.specs import add_spec
from docrail.usecases import decide, reviews

SMALL = 100
FIELDS_A_DOCUMENT = 4
REASONS = tuple(HoldReason)
RESULTS = Path(__file__).parent / "results" / "review.json"


def fill(program: Program, fields: int) -> str:
    """A run with this many held fields, four a document; its id."""
    spec = Spec(
        name="bench",
        fields=tuple(Field(name=f"field-{n}") for n in range(FIELDS_A_DOCUMENT)),
        rail=(Stage(type="schema"),),
    )
    documents = [new_id() for _ in range(fields // FIELDS_A_DOCUMENT)]
    with program.database.writing() as connection:
        for rows in portions(_document_rows(program, documents)):
            connection.execute(insert(tables.documents), rows)
        content = spec_to_json(spec).decode()
        stored = add_spec(
            connection, workspace_id=program.workspace, name="bench", digest="0", content=content, at=1
        )
        run_id = create_run(
            connection,
            workspace_id=program.workspace,
            name="bench",
            spec_id=stored.id,
            spec_version=stored.version,
            plan=compile_rail(spec),
            document_ids=documents,
            metadata={},
            at=1,
            enqueue=lambda *_: None,
        )
    hold_everything(program, run_id)
    return run_id


def _document_rows(program: Program, ids: list[str]) -> Iterator[dict[str, Any]]:
    for number, id_ in enumerate(ids):
        yield {
            "id": id_,
            "workspace_id": program.workspace,
            "digest": f"{number:064x}",
            "filename": f"{number}.txt",
            "media_type": "text/plain",
            "size_bytes": 1,
            "metadata": "{}",
            "created_at": 1,
        }


def hold_everything(program: Program, run_id: str) -> None:
    """End every document with all its fields held, and queue them as the ledger does."""
    table = tables.run_documents
    with program.database.writing() as connection:
        ids = list(connection.execute(table.select().where(table.c.run_id == run_id)).scalars())
        connection.execute(table.update().values(state="partial", phase=1, held=FIELDS_A_DOCUMENT))
        connection.execute(tables.counters.update().values(state="partial", phase=1))
        connection.execute(tables.shards.update().values(held=len(ids) * FIELDS_A_DOCUMENT))
    for some in portions(iter(ids), 10_000):
        with program.database.writing() as connection:
            connection.execute(
                insert(tables.cells), [row for n, id_ in enumerate(some) for row in _cells(id_, n)]
            )
            refresh_queue(connection, run_id, some, at=1, shard=0)


def _cells(run_document_id: str, number: int) -> Iterator[dict[str, Any]]:
    for place in range(FIELDS_A_DOCUMENT):
        cell = Cell(
            field=f"field-{place}",
            value="a value",
            confidence=0.5,
            phase="extraction",
            status=CellStatus.HELD,
            hold_reason=REASONS[(number + place) % len(REASONS)],
        )
        yield cell_row(cell) | {"run_document_id": run_document_id, "seq": place}


def portions(rows: Iterator[Any], size: int = 20_000) -> Iterator[list[Any]]:
    """Lists of up to `size` of them."""
    portion: list[Any] = []
    for row in rows:
        portion.append(row)
        if len(portion) == size:
            yield portion
            portion = []
    if portion:
        yield portion


def median_ms(act: Callable[[], object], times: int = 30) -> float:
    """The median of so many runs, in milliseconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begun) * 1000)
    return round(statistics.median(taken), 3)


def measure(fields: int) -> dict[str, float]:
    """Milliseconds of everything a reviewer does, at this many held fields."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_program(Settings(home=folder)) as program,
    ):
        begun = time.perf_counter()
        run_id = fill(program, fields)
        print(f"{fields:,} held fields made in {time.perf_counter() - begun:.1f} s", flush=True)
        rows, total = reviews.list_reviews(program, limit=1)
        assert total == fields, total
        with program.database.reading() as connection:
            table = tables.held_fields.c
            every = connection.execute(
                tables.held_fields.select().order_by(table.id).offset(fields // 2).limit(1)
            )
            middle = every.one().id
        narrow = Wanted(run_id=run_id, field="field-2", reason=HoldReason.LOW_CONFIDENCE)
        by_field = Wanted(field="field-1")
        pages: dict[str, Callable[[], object]] = {
            "first page": lambda: reviews.list_reviews(program),
            "page in the middle": lambda: reviews.list_reviews(program, after=middle),
            "page of one field": lambda: reviews.list_reviews(program, by_field, after=middle),
            "page of run, field and reason": lambda: reviews.list_reviews(program, narrow, after=middle),
            "free ones": lambda: reviews.list_reviews(program, free_for="ada"),
            "summary": lambda: reviews.summarise_reviews(program),
            "claim of 20": lambda: reviews.claim_reviews(program, "ada", limit=20),
            "one field": lambda: reviews.get_review(program, rows[0].run_document_id, rows[0].field),
            "decision": lambda: decide_on_next(program),
        }
        return {name: median_ms(act) for name, act in pages.items()}


def decide_on_next(program: Program) -> None:
    """Approve the first field of the queue."""
    (row,), _ = reviews.list_reviews(program, limit=1)
    answer = decide.Answer(pipeline_document_id=row.run_document_id, field=row.field, action="approve")
    decide.resolve(program, answer, reviewer="ada")


def main() -> None:
    """Measure both sizes and say how they compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fields", type=int, default=1_000_000)
    wanted = parser.parse_args().fields
    small, large = measure(SMALL), measure(wanted)
    print(f"{'milliseconds (median)':32} {SMALL:>10,} {wanted:>12,}   ratio")
    for name, few in small.items():
        print(f"{name:32} {few:>10.2f} {large[name]:>12.2f} {large[name] / few:>7.2f}")
    RESULTS.write_text(
        json.dumps({"held_fields": [SMALL, wanted], "milliseconds": [small, large]}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
