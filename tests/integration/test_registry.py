"""The field registry: what is confirmed teaches the next run, exactly once, and what was wrong loses its place."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.integration.review_runs import Worker
from tests.integration.small_runs import make_program
from tests.made.layouts import layout_of

from docrail.bootstrap import Program
from docrail.core.errors import NotFound
from docrail.core.model import Cell, Layout
from docrail.core.spec import Field, FieldType, Spec, Stage
from docrail.store import tables
from docrail.store.confirmations import confirm
from docrail.store.database import Database
from docrail.store.documents import add_document
from docrail.store.keys import add_workspace
from docrail.store.records import completed_records
from docrail.usecases import registry
from docrail.usecases.pipelines import create_pipeline
from docrail.usecases.spec_versions import save_spec

SPEC = Spec(
    name="orders",
    fields=(Field(name="flight"), Field(name="spots", type=FieldType.INTEGER)),
    rail=(Stage(type="registry"), Stage(type="schema")),
)
_numbers = count()


def order(flight: str, spots: int) -> Layout:
    return layout_of(f"Order Flight  {flight}", f"Zeta  {spots}  Omega  {spots + 7}")


@pytest.fixture
def program(databases: Callable[[], AbstractContextManager[Database]], tmp_path: Path) -> Iterator[Program]:
    with databases() as database:
        yield make_program(database, tmp_path)


@pytest.fixture
def spec_id(program: Program) -> str:
    return save_spec(program, SPEC).id


def add(program: Program, layout: Layout | None) -> str:
    digest = f"{next(_numbers):064d}"
    if layout is not None:
        program.blobs.keep_layout(digest, layout)
    with program.database.writing() as connection:
        document, _ = add_document(
            connection,
            workspace_id=program.workspace,
            digest=digest,
            filename=f"{digest}.pdf",
            media_type="application/pdf",
            size_bytes=1,
            metadata={},
            at=1,
        )
    return document.id


def say(program: Program, spec_id: str, document_id: str, values: Mapping[str, Any]) -> None:
    with program.database.writing() as connection:
        confirm(
            connection,
            workspace_id=program.workspace,
            spec_id=spec_id,
            document_id=document_id,
            values=values,
            source="review",
            at=2,
        )


def teach(program: Program, spec_id: str, number: int) -> list[str]:
    """Confirm the spots of so many orders: the figure right of `Zeta`."""
    ids = []
    for n in range(number):
        ids.append(add(program, order(f"F-{n}", 20 + n)))
        say(program, spec_id, ids[-1], {"spots": 20 + n})
    return ids


def run(program: Program, spec_id: str, layout: Layout) -> dict[str, Cell]:
    """The cells of a new document in a run that begins now."""
    run_id = create_pipeline(program, spec_id=spec_id, document_ids=[add(program, layout)]).id
    worker = Worker(program)
    worker.work()
    worker.close()
    with program.database.reading() as connection:
        (record,) = completed_records(connection, run_id)
    return record.current


def known(program: Program, spec_id: str) -> dict[str, tuple[int, int]]:
    fields, _ = registry.list_fields(program, spec_id=spec_id)
    return {
        anchor.anchor: (anchor.seen, anchor.right)
        for field in fields
        for anchor in registry.get_field(program, field.id)[1]
    }


def test_what_was_confirmed_fills_the_next_run_and_says_why(program: Program, spec_id: str) -> None:
    before = run(program, spec_id, order("F-77", 91))
    teach(program, spec_id, 4)

    cell = run(program, spec_id, order("F-78", 93))["spots"]

    assert before.get("spots") is None or before["spots"].phase == "extraction"
    assert (cell.value, cell.phase, cell.status.value) == (93, "transfer", "filled")
    assert cell.provenance is not None
    assert cell.provenance.method == "registry"
    assert cell.provenance.detail == "left of it stands `Zeta`, seen 4 times, right 4 times"
    assert (cell.provenance.text, cell.provenance.page) == ("93", 1)


def test_one_confirmation_is_not_enough(program: Program, spec_id: str) -> None:
    teach(program, spec_id, 1)
    cells = run(program, spec_id, order("F-78", 93))
    assert [cell.phase for cell in cells.values() if cell.phase == "transfer"] == []


def test_a_run_knows_to_its_end_what_was_known_when_it_began(program: Program, spec_id: str) -> None:
    document = add(program, order("F-78", 93))
    run_id = create_pipeline(program, spec_id=spec_id, document_ids=[document]).id
    teach(program, spec_id, 4)
    registry.learn_anchors(program, spec_id)

    worker = Worker(program)
    worker.work()
    worker.close()

    with program.database.reading() as connection:
        (record,) = completed_records(connection, run_id)
    assert [cell for cell in record.cells if cell.phase == "transfer"] == []


def test_a_correction_takes_back_what_was_taught_and_a_wrong_anchor_loses_its_place(
    program: Program, spec_id: str
) -> None:
    ids = teach(program, spec_id, 4)
    assert registry.learn_anchors(program, spec_id) == 4
    assert known(program, spec_id)["right of: zeta"] == (4, 4)

    say(program, spec_id, ids[0], {"spots": 27})  # it was the figure right of `Omega`

    assert "spots" not in {
        cell.field for cell in run(program, spec_id, order("F-9", 60)).values() if cell.phase == "transfer"
    }
    assert known(program, spec_id)["right of: zeta"] == (4, 3)
    say(program, spec_id, ids[0], {"spots": 20})
    assert registry.learn_anchors(program, spec_id) == 1
    assert known(program, spec_id)["right of: zeta"] == (4, 4)


def test_a_field_that_a_document_lacks_counts_against_the_words_that_would_fill_it(
    program: Program, spec_id: str
) -> None:
    teach(program, spec_id, 3)
    say(program, spec_id, add(program, order("F-9", 60)), {"spots": None})
    registry.learn_anchors(program, spec_id)
    assert known(program, spec_id)["right of: zeta"] == (4, 3)


def test_learning_again_changes_nothing_and_reads_nothing(program: Program, spec_id: str) -> None:
    teach(program, spec_id, 3)
    registry.learn_anchors(program, spec_id)
    before = known(program, spec_id)
    blind = replace(program, blobs=None)  # type: ignore[arg-type]  # a second look at a layout would raise

    assert registry.learn_anchors(blind, spec_id) == 0
    assert known(program, spec_id) == before


def test_a_document_that_was_not_read_yet_is_learned_once_it_is(program: Program, spec_id: str) -> None:
    document = add(program, None)
    say(program, spec_id, document, {"spots": 20})
    assert registry.learn_anchors(program, spec_id) == 0
    with program.database.reading() as connection:
        digest = connection.execute(
            select(tables.documents.c.digest).where(tables.documents.c.id == document)
        ).scalar_one()
    program.blobs.keep_layout(digest, order("F-1", 20))
    assert registry.learn_anchors(program, spec_id) == 1


def test_runs_that_know_the_same_keep_it_once(program: Program, spec_id: str) -> None:
    teach(program, spec_id, 4)
    plans = []
    for n in range(2):
        document = add(program, order("F-78", 93 + n))
        plans.append(create_pipeline(program, spec_id=spec_id, document_ids=[document]).plan)
    with program.database.reading() as connection:
        kept = connection.execute(select(func.count()).select_from(tables.knowledge)).scalar_one()
    assert kept == 1
    assert plans[0] == plans[1]
    assert "known" not in plans[0].phases[0].config


def test_another_workspace_neither_sees_nor_uses_what_is_remembered(program: Program, spec_id: str) -> None:
    teach(program, spec_id, 4)
    registry.learn_anchors(program, spec_id)
    (field,), total = registry.list_fields(program)
    assert (total, field.confirmed, field.trusted > 0, field.seen == field.right) == (1, 4, True, True)
    with program.database.writing() as connection:
        other = replace(program, workspace=add_workspace(connection, "other"))

    assert registry.list_fields(other) == ([], 0)
    with pytest.raises(NotFound):
        registry.get_field(other, field.id)
    with other.database.reading() as connection:
        theirs = save_spec(other, SPEC).id
    cell = run(other, theirs, order("F-78", 93)).get("spots")
    assert cell is None or cell.phase != "transfer"


def test_confirmed_rows_teach_which_header_words_mean_which_column(program: Program) -> None:
    items = (Field(name="cargo"), Field(name="quantity", type=FieldType.NUMBER))
    loads = Field(name="loads", type=FieldType.ARRAY, items=items)
    spec = save_spec(program, replace(SPEC, name="loads", fields=(loads,)))
    lists = [layout_of("Vracht  Stuks", f"Timber  {n}", f"Coal    {n + 1}") for n in range(3, 6)]
    assert "loads" not in run(program, spec.id, lists[2])
    for n, layout in enumerate(lists[:2], 3):
        rows = [{"cargo": "Timber", "quantity": n}, {"cargo": "Coal", "quantity": n + 1}]
        say(program, spec.id, add(program, layout), {"loads": rows})

    cell = run(program, spec.id, lists[2])["loads"]

    assert cell.value == [{"cargo": "Timber", "quantity": 5}, {"cargo": "Coal", "quantity": 6}]
    assert cell.confidence < 0.8
