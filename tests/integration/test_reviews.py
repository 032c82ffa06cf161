"""Holding and review: contract, part 4 and rule 8 of part 2."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from tests.integration.review_runs import FIELDS, HIGH, LOW, Worker, queue, say, spec_of, start, whole_spec
from tests.integration.small_runs import make_program

from docrail.bootstrap import Program
from docrail.core.errors import Conflict, InvalidInput, NotFound
from docrail.core.invariants import broken_rules
from docrail.core.model import HoldReason
from docrail.core.spec import Gate
from docrail.core.state import State
from docrail.store import assembly, deciding, tables
from docrail.store.confirmations import read_confirmed
from docrail.store.database import Database
from docrail.store.decisions import DecisionsWanted
from docrail.store.reviews import HeldField, Wanted
from docrail.usecases import decide, pipelines, reviews
from docrail.usecases.results import list_results


@pytest.fixture
def program(databases: Callable[[], AbstractContextManager[Database]], tmp_path: Path) -> Iterator[Program]:
    with databases() as database:
        yield make_program(database, tmp_path)


@pytest.fixture
def worker(program: Program) -> Iterator[Worker]:
    worker = Worker(program)
    yield worker
    worker.close()


@pytest.fixture
def held(program: Program, worker: Worker) -> HeldField:
    """The only held field: net of 70, refused by gate `low`; nothing depends on it."""
    start(program, spec_of(LOW), [{"contract": "C-1", "net": 70}])
    worker.work()
    (held,) = queue(program)
    return held


def numbers(program: Program, run_id: str) -> tuple[int, int, int]:
    progress = pipelines.get_progress(program, run_id)
    assert pipelines.audit_progress(program, run_id) == []
    return progress.completed_documents, progress.partial_documents, progress.held_fields


def record(program: Program, run_id: str) -> dict[str, object]:
    (row,) = list_results(program, run_id)
    return row.record


def test_a_held_field_waits_in_the_queue_with_its_gate_and_reason_and_without_its_value(
    program: Program, held: HeldField
) -> None:
    assert (held.field, held.gate, held.reason, held.phase) == ("net", "low", "failed_check", "validation")
    assert record(program, held.pipeline_id)["net"] is None
    assert numbers(program, held.pipeline_id) == (1, 1, 1)
    assert reviews.summarise_reviews(program).by_gate == {"low": 1}


def test_an_approved_value_is_shown_logged_and_remembered_and_only_partial_and_held_fall(
    program: Program, held: HeldField
) -> None:
    before = pipelines.get_progress(program, held.pipeline_id)

    decided = say(program, held, "approve")

    after = pipelines.get_progress(program, held.pipeline_id)
    assert broken_rules(after, before) == ()
    assert after == replace(
        before,
        partial_documents=0,
        held_fields=0,
        revision=after.revision,
        updated_at=after.updated_at,
    )
    assert numbers(program, held.pipeline_id) == (1, 0, 0)
    assert record(program, held.pipeline_id)["net"] == 70
    assert queue(program) == []
    ((logged,), total) = reviews.list_decisions(program)
    assert (total, logged.id, logged.action, logged.reviewer) == (1, decided.decision_id, "approve", "ada")
    assert (logged.before, logged.after, logged.hold_reason) == (70, 70, "failed_check")
    with program.database.reading() as connection:
        (known,) = read_confirmed(connection, workspace_id=program.workspace, spec_id=held.spec_id)
    assert (known.document_id, known.field, known.value) == (held.document_id, "net", 70)


def test_a_correction_takes_the_place_of_the_value_and_keeps_the_former_versions(
    program: Program, held: HeldField
) -> None:
    decided = say(program, held, "correct", value="40,00")

    assert record(program, held.pipeline_id)["net"] == 40
    item = reviews.get_review(program, held.run_document_id, "net")
    assert [(cell.value, cell.status.value) for _, cell in item.versions] == [
        (70, "filled"),
        (70, "held"),
        (40.0, "corrected"),
    ]
    assert item.versions[-1][0] == decided.version
    assert (item.held, item.decisions[0].after) == (None, 40.0)


@pytest.mark.parametrize(
    ("action", "more", "path"),
    [
        ("correct", {"value": "no number"}, "value"),
        ("correct", {}, "value"),
        ("approve", {"value": 3}, "value"),
        ("override", {}, "reason"),
        ("override", {"reason": "  "}, "reason"),
        ("dismiss", {}, "action"),
    ],
)
def test_what_cannot_be_decided_changes_nothing(
    program: Program, held: HeldField, action: str, more: dict[str, object], path: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        say(program, held, action, **more)

    assert refused.value.problems[0].path == path
    assert queue(program) == [held]
    assert reviews.list_decisions(program) == ([], 0)


def test_an_override_goes_past_the_gate_and_teaches_nothing(program: Program, held: HeldField) -> None:
    say(program, held, "override", reason="the customer agreed")

    assert record(program, held.pipeline_id)["net"] == 70
    with program.database.reading() as connection:
        assert read_confirmed(connection, workspace_id=program.workspace, spec_id=held.spec_id) == []
    assert reviews.list_decisions(program)[0][0].reason == "the customer agreed"


def test_a_second_decision_is_refused_and_says_who_decided_what(program: Program, held: HeldField) -> None:
    first = say(program, held, "approve", reviewer="ada")

    with pytest.raises(Conflict, match=r"'net' was approved by ada at .* \(decision .*supersedes") as refused:
        say(program, held, "correct", value=1, reviewer="bob")

    assert first.decision_id in refused.value.message
    assert record(program, held.pipeline_id)["net"] == 70


def test_a_decision_that_names_the_last_one_takes_its_place_and_both_are_logged(
    program: Program, held: HeldField
) -> None:
    first = say(program, held, "correct", value=1)

    second = say(program, held, "approve", reviewer="bob", supersedes=first.decision_id)

    assert record(program, held.pipeline_id)["net"] == 70
    assert [(each.action, each.supersedes) for each in reviews.every_decision(program)] == [
        ("correct", None),
        ("approve", first.decision_id),
    ]
    with pytest.raises(Conflict):
        say(program, held, "approve", supersedes=first.decision_id)
    with program.database.reading() as connection:
        (known,) = read_confirmed(connection, workspace_id=program.workspace, spec_id=held.spec_id)
    assert known.value == 70
    assert second.held_fields == 0
    assert numbers(program, held.pipeline_id) == (1, 0, 0)


def test_a_decision_on_another_version_is_refused(program: Program, held: HeldField) -> None:
    with pytest.raises(Conflict, match="has changed since version"):
        say(program, held, "approve", version=held.version - 1)
    assert say(program, held, "approve", version=held.version).status == "approved"


def test_what_does_not_wait_is_not_found(program: Program, held: HeldField) -> None:
    for other in (
        replace(held, field="contract"),
        replace(held, field="none"),
        replace(held, run_document_id="0"),
    ):
        with pytest.raises(NotFound):
            say(program, other, "approve")
    other_workspace = replace(program, workspace="0")
    with pytest.raises(NotFound):
        say(other_workspace, held, "approve")
    assert queue(other_workspace) == []


def test_a_decision_that_fails_half_way_leaves_nothing(
    program: Program, held: HeldField, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_named: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(deciding, "inputs_changed", fail)

    with pytest.raises(RuntimeError):
        say(program, held, "correct", value=1)

    assert queue(program) == [held]
    assert reviews.list_decisions(program) == ([], 0)
    assert numbers(program, held.pipeline_id) == (1, 1, 1)
    with program.database.reading() as connection:
        assert read_confirmed(connection, workspace_id=program.workspace, spec_id=held.spec_id) == []


def test_nobody_can_change_or_remove_a_decision(program: Program, held: HeldField) -> None:
    say(program, held, "approve")

    for statement in ("UPDATE decisions SET reviewer = 'eve'", "DELETE FROM decisions"):
        with pytest.raises(DatabaseError), program.database.writing() as connection:
            connection.execute(text(statement))


def test_many_decisions_at_once_have_each_their_outcome(program: Program, worker: Worker) -> None:
    run_id = start(program, spec_of(LOW), [{"net": 60 + n} for n in range(4)])
    worker.work()
    rows = queue(program)
    answers = [
        decide.Answer(pipeline_document_id=rows[0].run_document_id, field="net", action="approve"),
        decide.Answer(pipeline_document_id=rows[1].run_document_id, field="net", action="correct", value="?"),
        decide.Answer(pipeline_document_id="nobody", field="net", action="approve"),
        decide.Answer(pipeline_document_id=rows[0].run_document_id, field="net", action="approve"),
        decide.Answer(pipeline_document_id=rows[2].run_document_id, field="net", action="oops"),
        decide.Answer(pipeline_document_id=rows[3].run_document_id, field="net", action="correct", value=1),
    ]

    outcomes = decide.resolve_many(program, answers, reviewer="ada")

    assert [each.code for each in outcomes] == [
        None,
        "bad_request",
        "not_found",
        "conflict",
        "bad_request",
        None,
    ]
    assert numbers(program, run_id) == (4, 2, 2)
    with pytest.raises(InvalidInput):
        decide.resolve_many(program, answers[:1] * 501, reviewer="ada")


def test_what_one_has_claimed_no_other_decides_until_the_claim_ends(
    program: Program, held: HeldField
) -> None:
    key = (held.run_document_id, "net")
    claimed = reviews.claim_reviews(program, "ada", items=[key])
    assert [each.claimed_by for each in claimed.fields] == ["ada"]

    refused = reviews.claim_reviews(program, "bob", items=[key])
    assert (refused.fields, refused.refused) == ([], [(*key, "claimed by ada")])
    assert reviews.list_reviews(program, free_for="bob") == ([], 1)
    with pytest.raises(Conflict, match="claimed by ada until"):
        say(program, held, "approve", reviewer="bob")

    reviews.claim_reviews(program, "ada", items=[key], minutes=0.00001)
    assert say(program, held, "approve", reviewer="bob").status == "approved"


def test_two_who_take_the_next_fields_take_different_ones(program: Program, worker: Worker) -> None:
    start(program, spec_of(LOW), [{"net": 60 + n} for n in range(5)])
    worker.work()

    ada = reviews.claim_reviews(program, "ada", limit=3)
    bob = reviews.claim_reviews(program, "bob", limit=3)

    assert (len(ada.fields), len(bob.fields)) == (3, 2)
    assert len({each.id for each in (*ada.fields, *bob.fields)}) == 5
    keys = [(each.run_document_id, each.field) for each in ada.fields]
    assert reviews.release_reviews(program, "bob", keys) == 0
    assert reviews.release_reviews(program, "ada", keys) == 3
    assert len(reviews.claim_reviews(program, "bob", limit=9).fields) == 5


def test_pages_of_the_queue_are_what_going_along_all_of_it_gives(program: Program, worker: Worker) -> None:
    every = Gate(name="every", checks=({"required": True}, {"range": {"max": 50}}))
    first = start(program, spec_of(every), [{"net": 60}, {"net": 1, "contract": "C"}, {}])
    start(program, spec_of(LOW), [{"net": 70 + n} for n in range(3)])
    worker.work()
    rows = queue(program)
    assert len(rows) == 3 + 1 + 3 + 3
    wishes = [
        Wanted(run_id=run, field=field, gate=gate, reason=reason)
        for run in (None, first)
        for field in (None, "net", "contract")
        for gate in (None, "low", "every")
        for reason in (None, HoldReason.MISSING_VALUE, HoldReason.FAILED_CHECK)
    ]
    for wanted in [*wishes, Wanted(spec_id=rows[0].spec_id), Wanted(spec_id="none")]:
        expected = [row for row in rows if _matches(row, wanted)]
        assert _walk(program, wanted) == expected, wanted


def _matches(row: HeldField, wanted: Wanted) -> bool:
    pairs = [
        (wanted.run_id, row.pipeline_id),
        (wanted.spec_id, row.spec_id),
        (wanted.field, row.field),
        (wanted.gate, row.gate),
        (wanted.reason, row.reason),
    ]
    return all(said in (None, is_) for said, is_ in pairs)


def _walk(program: Program, wanted: Wanted) -> list[HeldField]:
    found: list[HeldField] = []
    while True:
        page, total = reviews.list_reviews(program, wanted, limit=2, after=found[-1].id if found else None)
        found += page
        if not page:
            assert total == len(found)
            return found


def test_with_more_kinds_than_are_merged_the_pages_are_the_same(
    program: Program, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docrail.store.reviews.MOST_KINDS", 0)
    test_pages_of_the_queue_are_what_going_along_all_of_it_gives(program, worker)


def test_the_phases_after_the_gate_run_again_for_the_record_and_assembly_for_the_run(
    program: Program, worker: Worker
) -> None:
    run_id = start(program, whole_spec(), [{"contract": "C-1", "net": 70}])
    worker.work()
    assert record(program, run_id) == {"contract": "C-1", "net": None, "gross": None}
    before = pipelines.get_progress(program, run_id)

    decided = say(program, queue(program)[0], "correct", value=40)

    assert decided.runs_again == ("resolution", "validation-2")
    seen = [before, pipelines.get_progress(program, run_id)]
    assert set(worker.work()) == {"recompose", "rework"}
    seen.append(pipelines.get_progress(program, run_id))
    assert [broken_rules(now, then) for then, now in pairwise(seen)] == [(), ()]
    assert {each.status for each in seen} == {before.status}
    assert record(program, run_id) == {"contract": "C-1", "net": 40, "gross": 80}
    assert composed(program, run_id) == [{"contract": "C-1", "net": 40, "gross": 80}]
    assert numbers(program, run_id) == (1, 0, 0)


def composed(program: Program, run_id: str) -> list[dict[str, object]]:
    from docrail.usecases.results import list_composed

    return [dict(row.values) for row in list_composed(program, run_id)[0]]


def test_a_phase_that_runs_again_may_hold_another_field_and_its_value_stays_hidden(
    program: Program, worker: Worker
) -> None:
    run_id = start(program, whole_spec(), [{"contract": "C-1", "net": 90}])
    worker.work()
    say(program, queue(program)[0], "approve")
    worker.work()

    (again,) = queue(program)

    assert (again.field, again.gate) == ("gross", "high")
    assert record(program, run_id) == {"contract": "C-1", "net": 90, "gross": None}
    assert composed(program, run_id) == [{"contract": "C-1", "net": 90, "gross": None}]
    assert numbers(program, run_id) == (1, 1, 1)
    say(program, again, "override", reason="agreed")
    worker.work()
    assert composed(program, run_id) == [{"contract": "C-1", "net": 90, "gross": 180}]
    assert numbers(program, run_id) == (1, 0, 0)


def test_what_was_decided_at_a_later_gate_stays_when_an_earlier_one_is_decided(
    program: Program, worker: Worker
) -> None:
    run_id = start(program, whole_spec(), [{"contract": "C-1", "net": 70, "gross": 999}])
    worker.work()
    fields = {each.field: each for each in queue(program)}
    assert set(fields) == {"net", "gross"}
    say(program, fields["gross"], "correct", value=100)
    say(program, fields["net"], "correct", value=10)

    worker.work()

    assert record(program, run_id) == {"contract": "C-1", "net": 10, "gross": 100}
    assert numbers(program, run_id) == (1, 0, 0)


def test_what_is_held_by_a_later_gate_stays_held_though_it_passes_now(
    program: Program, worker: Worker
) -> None:
    """No value is shown before somebody decided on it."""
    sums = Gate(name="sums", fields=("gross",), checks=({"rule": "gross == net * 2.0"},))
    run_id = start(program, spec_of(LOW, sums), [{"net": 70, "gross": 80}])
    worker.work()
    fields = {each.field: each for each in queue(program)}

    say(program, fields["net"], "correct", value=40)
    worker.work()

    assert [each.field for each in queue(program)] == ["gross"]
    assert record(program, run_id)["gross"] is None
    item = reviews.get_review(program, fields["gross"].run_document_id, "gross")
    assert item.verdicts[-1].passed
    assert numbers(program, run_id) == (1, 1, 1)


def test_a_decision_during_a_rework_is_not_lost(
    program: Program, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = start(program, whole_spec(assembly=False), [{"net": 70, "gross": 999}])
    worker.work()
    fields = {each.field: each for each in queue(program)}
    say(program, fields["net"], "correct", value=10)
    from docrail import rework

    run_again, calls = rework._run_again, []

    def decide_meanwhile(*args: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            say(program, fields["gross"], "correct", value=100)
        return run_again(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(rework, "_run_again", decide_meanwhile)

    worker.work()

    assert len(calls) == 2
    assert record(program, run_id) == {"contract": None, "net": 10, "gross": 100}
    assert numbers(program, run_id) == (1, 0, 0)


def test_a_rework_that_fails_leaves_the_record_and_says_why(
    program: Program, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(program, whole_spec(assembly=False), [{"net": 70}])
    worker.work()
    (held,) = queue(program)
    say(program, held, "correct", value=10)

    def unmade(_plan: object) -> None:
        raise InvalidInput("no phase plug-in")

    with monkeypatch.context() as patch:
        patch.setattr("docrail.rework.make_phases", unmade)
        worker.work()

    item = reviews.get_review(program, held.run_document_id, "net")
    assert item.rework_failure is not None and "no phase plug-in" in item.rework_failure["message"]
    assert reviews.summarise_reviews(program).failed_reworks == 1
    assert record(program, held.pipeline_id) == {"contract": None, "net": 10, "gross": None}

    say(program, held, "correct", value=20, supersedes=item.decisions[-1].id)
    worker.work()
    assert record(program, held.pipeline_id) == {"contract": None, "net": 20, "gross": 40}
    assert reviews.summarise_reviews(program).failed_reworks == 0


def test_recomposing_that_fails_is_an_error_of_assembly_that_can_be_retried(
    program: Program, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = start(program, whole_spec(), [{"contract": "C-1", "net": 70}])
    worker.work()
    before = pipelines.get_progress(program, run_id)
    say(program, queue(program)[0], "correct", value=40)

    def broken(*_args: object) -> None:
        raise InvalidInput("assembly is broken")

    with monkeypatch.context() as patch:
        patch.setattr("docrail.rework.make_pipeline_phase", broken)
        patch.setattr("docrail.core.retry.Retry.delay", lambda *_: 0.0)
        worker.work()

    failed = pipelines.get_progress(program, run_id)
    assert broken_rules(failed, before) == ()
    assert (failed.status.value, failed.generation) == ("failed", 2)
    assert [error.phase for error in failed.errors] == ["assembly"]
    pipelines.retry_pipeline(program, run_id)
    worker.work()
    assert composed(program, run_id) == [{"contract": "C-1", "net": 40, "gross": 80}]
    assert pipelines.get_progress(program, run_id).status.value == "completed"


def test_a_decision_while_assembly_is_under_way_is_composed_and_waits_for_nobody(
    program: Program, worker: Worker
) -> None:
    """The worker that had claimed assembly died with it, and its task comes only after the one of the decision."""
    run_id = start(program, whole_spec(), [{"contract": "C-1", "net": 70}])
    handed: Any = program.engine
    worker.tasks["chunk"](handed.take("chunk")[0])
    with program.database.writing() as connection:
        assembly.claim_phase(connection, run_id, "assembly", worker_id="dead", at=0)
    say(program, queue(program)[0], "correct", value=40)
    handed.tasks.sort(key=lambda task: task[0] == "assembly")

    worker.work()

    assert composed(program, run_id) == [{"contract": "C-1", "net": 40, "gross": 80}]
    assert pipelines.get_progress(program, run_id).status.value == "completed"


def test_many_decisions_are_one_rework_and_one_recomposing(program: Program, worker: Worker) -> None:
    start(program, whole_spec(), [{"contract": "C-1", "net": 70, "gross": 999}])
    worker.work()
    for each in queue(program):
        say(program, each, "approve")

    assert sorted(worker.work()) == ["recompose", "rework"]


def test_a_field_of_a_document_that_failed_later_waits_until_it_has_ended_well(program: Program) -> None:
    """It is counted as held, but nobody is asked while its other phases are still to come."""
    from tests.integration.small_runs import make_plan, start_run

    run_id = start_run(program, make_plan(1, assembly=False), documents=1)
    (document,), _ = pipelines.list_pipeline_documents(program, run_id)
    with program.database.reading() as connection:
        state = connection.execute(select(tables.run_documents.c.state)).scalar_one()
    assert (state, queue(program)) == (State.QUEUED.value, [])
    with pytest.raises(NotFound):
        reviews.get_review(program, document.id, FIELDS[0].name)


def test_the_log_withholds_what_is_held_again(program: Program, worker: Worker) -> None:
    narrow = replace(HIGH, fields=("net",), checks=({"range": {"max": 10}},))
    run_id = start(program, spec_of(LOW, narrow), [{"net": 70}])
    worker.work()
    say(program, queue(program)[0], "approve")
    worker.work()

    (again,) = queue(program)

    assert (again.field, again.gate) == ("net", "high")
    (logged,) = reviews.every_decision(program, DecisionsWanted(run_id=run_id))
    assert (logged.withheld, logged.before, logged.after) == (True, None, None)
    say(program, again, "approve")
    worker.work()
    assert [each.after for each in reviews.every_decision(program)] == [70, 70]
    assert numbers(program, run_id) == (1, 0, 0)
