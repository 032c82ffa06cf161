"""What the page asks of the use cases: records without what is held, runs over time, equal values at once, trials."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.integration.review_runs import LOW, Worker, queue, spec_of, start
from tests.integration.small_runs import make_program

from docrail.bootstrap import Program, open_program
from docrail.config import Settings
from docrail.core.errors import Conflict, InvalidInput, NotFound
from docrail.core.model import CellStatus
from docrail.store.database import Database
from docrail.usecases import decide, pipelines, reviews
from docrail.usecases.decide import Answer
from docrail.usecases.intake import add_file
from docrail.usecases.records import see_record
from docrail.usecases.run_history import read_run_history
from docrail.usecases.trial import try_spec


@pytest.fixture
def program(databases: Callable[[], AbstractContextManager[Database]], tmp_path: Path) -> Iterator[Program]:
    with databases() as database:
        yield make_program(database, tmp_path)


@pytest.fixture
def worker(program: Program) -> Iterator[Worker]:
    worker = Worker(program)
    yield worker
    worker.close()


def run_of(program: Program, worker: Worker, *nets: float) -> str:
    """A finished run over one document for each net; gate `low` holds those over 50."""
    run_id = start(program, spec_of(LOW), [{"contract": f"C-{n}", "net": net} for n, net in enumerate(nets)])
    worker.work()
    return run_id


def test_no_version_of_a_held_field_is_seen_until_it_is_decided(program: Program, worker: Worker) -> None:
    run_id = run_of(program, worker, 7012)
    (held,) = queue(program)
    seen = see_record(program, run_id, held.run_document_id)
    assert "7012" not in repr([(each.versions, each.verdicts) for each in seen.fields])
    field = next(each for each in seen.fields if each.field.name == "net")
    assert field.is_held
    assert [cell.status for cell in field.versions][-1] is CellStatus.HELD
    decide.resolve(program, approve(held), reviewer="ada")
    seen = see_record(program, run_id, held.document_id)
    field = next(each for each in seen.fields if each.field.name == "net")
    assert field.current is not None
    assert (field.current.value, field.is_held) == (7012, False)


def approve(held: reviews.HeldField) -> Answer:
    return Answer(pipeline_document_id=held.run_document_id, field=held.field, action="approve")


def test_a_record_of_another_run_is_not_found(program: Program, worker: Worker) -> None:
    one, other = run_of(program, worker, 70), run_of(program, worker, 70)
    (row,), _ = pipelines.list_pipeline_documents(program, one)
    with pytest.raises(NotFound):
        see_record(program, other, row.id)


def test_equal_values_are_decided_at_once_and_what_others_claimed_is_left(
    program: Program, worker: Worker
) -> None:
    run_id = run_of(program, worker, 70, 70, 80, 70, 70, 7)
    run_of(program, worker, 70)
    held = [each for each in queue(program) if each.pipeline_id == run_id]
    claimed = held[-1]
    reviews.claim_reviews(program, "bob", items=[(claimed.run_document_id, "net")])
    assert len(decide.list_equal_reviews(program, held[0].run_document_id, "net", reviewer="ada")) == 2
    outcomes = decide.resolve_equal(program, approve(held[0]), reviewer="ada")
    assert [outcome.decided is not None for outcome in outcomes] == [True] * 3
    left = [each for each in queue(program) if each.pipeline_id == run_id]
    assert len(left) == 2
    assert claimed.run_document_id in {each.run_document_id for each in left}
    assert pipelines.audit_progress(program, run_id) == []


def test_an_answer_is_checked_and_nothing_changes(program: Program, worker: Worker) -> None:
    run_of(program, worker, 70)
    (held,) = queue(program)
    decide.check_answer(program, approve(held), reviewer="ada")
    wrong = Answer(
        pipeline_document_id=held.run_document_id, field="net", action="correct", value="no number"
    )
    with pytest.raises(InvalidInput):
        decide.check_answer(program, wrong, reviewer="ada")
    reviews.claim_reviews(program, "bob", items=[(held.run_document_id, "net")])
    with pytest.raises(Conflict):
        decide.check_answer(program, approve(held), reviewer="ada")
    assert len(queue(program)) == 1


def test_the_history_of_a_run_begins_with_nothing_and_ends_as_it_stands(
    program: Program, worker: Worker
) -> None:
    run_id = run_of(program, worker, 70, 7, 7)
    moments = read_run_history(program, run_id, points=5)
    assert len(moments) == 5
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)
    counts = [moment.ends.completed for moment in moments]
    assert counts == sorted(counts)
    assert (counts[-1], moments[-1].ends.total) == (3, 3)
    for moment in moments:
        then = pipelines.get_progress(program, run_id, at=moment.at)
        assert then.completed_documents == moment.ends.completed


def test_totals_of_lists_are_those_of_the_rows(program: Program, worker: Worker) -> None:
    run_id = run_of(program, worker, 70, 7, 7)
    for status, n in (
        (None, 3),
        ("completed", 2),
        ("partial", 1),
        ("queued", 0),
        ("running", 0),
        ("error", 0),
    ):
        rows, total = pipelines.list_pipeline_documents(program, run_id, status=status)
        assert (len(rows), total) == (n, n)
    assert pipelines.list_pipeline_documents(program, run_id, phase="validation") == ([], 0)
    assert pipelines.list_moving_documents(program, run_id) == []


def test_a_spec_is_tried_on_a_document_and_nothing_is_kept(tmp_path: Path) -> None:
    text = "name: Notes\nfields: {number: {synonyms: [Invoice No], required: true}}\nrail: [{type: schema}]\n"
    with open_program(Settings(home=str(tmp_path / "home"))) as program:
        (kept,) = add_file(program, [b"Invoice No: R-17\n"], filename="a.txt")
        assert kept.document is not None
        tried = try_spec(program, program.reader, text, kept.document.id)
        assert [found.cell.value for found in tried.fields if found.cell] == ["R-17"]
        assert pipelines.list_pipelines(program) == ([], 0)
        with pytest.raises(InvalidInput, match="problem"):
            try_spec(program, program.reader, "name: Notes\nfields: {}\n", kept.document.id)
