"""Whatever workers and people do, whatever the order: nothing held is seen before its decision, and counts are true."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.integration.review_runs import Worker, add, queue, start
from tests.integration.small_runs import make_program

from docrail import workflow
from docrail.core.errors import Conflict, PhaseError
from docrail.core.invariants import broken_rules
from docrail.core.model import Cell, CellStatus
from docrail.core.source_match import DECIDED
from docrail.core.spec import Field, Gate, Policy, Spec, Stage
from docrail.phases.registry import make_phases
from docrail.store.database import Database
from docrail.store.records import read_known
from docrail.usecases import decide, pipelines, reviews
from docrail.usecases.export_table import audit_table, plain_table
from docrail.usecases.products import pipeline_rows
from docrail.usecases.records import see_record
from docrail.usecases.results import list_composed, list_results

SPEC = Spec(
    name="marked",
    fields=(Field(name="group"), Field(name="code"), Field(name="copy"), Field(name="late")),
    policies=(
        Policy(name="copies", rules=({"compute": "code", "field": "copy", "overwrite": True},)),
        Policy(name="late", rules=({"format": "upper", "field": "late"},)),
    ),
    gates=(
        Gate(name="first", fields=("code", "group"), checks=({"pattern": "^[AB]"},)),
        Gate(name="second", fields=("copy", "late", "code"), checks=({"pattern": "^[AC]"},)),
    ),
    rail=(
        Stage(type="registry"),
        Stage(type="valid", json={"gates": ["first"]}),
        Stage(type="resolve", json={"policies": ["copies", "late"]}),
        Stage(type="valid", json={"gates": ["second"]}),
        Stage(type="assembly", json={"grouping_field": "group"}),
    ),
)
FAILING: set[str] = set()
"""The documents whose last phase fails and quotes all it knows."""
KINDS = st.sampled_from("ABCD")
"""How a value begins decides what the gates say of it."""


def phases_that_may_fail(plan: Any) -> list[Any]:
    phases: list[Any] = list(make_phases(plan))
    inner = phases[-1].run

    def run(record: Any) -> Any:
        if record.document.id in FAILING:
            raise PhaseError(f"no use of {json.dumps(record.values)}", code="rule_error")
        return inner(record)

    phases[-1].run = run
    return phases


class Reviewing(RuleBasedStateMachine):
    """One run: work is delivered piece by piece and twice, people decide, retry, append and cancel."""

    def __init__(self, databases: Callable[[], AbstractContextManager[Database]], folder: Path) -> None:
        super().__init__()
        self.open = ExitStack()
        self.program = make_program(self.open.enter_context(databases()), folder)
        self.engine: Any = self.program.engine
        self.worker = Worker(self.program)
        self.open.callback(self.worker.close)
        self.done: list[tuple[str, str]] = []
        self.values = 0
        self.before: Any = None
        self.reviewed = False
        FAILING.clear()

    def value(self, kind: str) -> str:
        self.values += 1
        return f"{kind}-secret-{self.values}-"

    def given(self, kinds: str) -> dict[str, str]:
        """A document: its group, code and late field begin so."""
        return {name: self.value(kind) for name, kind in zip(("group", "code", "late"), kinds, strict=True)}

    @initialize(
        documents=st.lists(st.tuples(KINDS, KINDS, KINDS), min_size=1, max_size=4), failing=st.booleans()
    )
    def begin(self, documents: list[tuple[str, str, str]], failing: bool) -> None:
        self.run_id = start(self.program, SPEC, [self.given("".join(kinds)) for kinds in documents])
        if failing:
            rows, _ = pipelines.list_pipeline_documents(self.program, self.run_id)
            FAILING.add(rows[0].document_id)

    @precondition(lambda self: self.engine.tasks)
    @rule(number=st.integers(0, 20))
    def deliver(self, number: int) -> None:
        """Some task, in any order."""
        task = self.engine.tasks.pop(number % len(self.engine.tasks))
        self.done.append(task)
        self.worker.tasks[task[0]](task[1])

    @precondition(lambda self: self.done)
    @rule(number=st.integers(0, 20))
    def deliver_again(self, number: int) -> None:
        name, key = self.done[number % len(self.done)]
        self.worker.tasks[name](key)

    @rule()
    def deliver_everything(self) -> None:
        while self.engine.tasks:
            self.deliver(0)

    @rule(number=st.integers(0, 50), action=st.sampled_from(["approve", "correct", "override"]), kind=KINDS)
    def say(self, number: int, action: str, kind: str) -> None:
        """Somebody decides on something that waits, or once more on what was decided already."""
        rows = queue(self.program)
        if not rows:
            return
        row = rows[number % len(rows)]
        answer = decide.Answer(pipeline_document_id=row.run_document_id, field=row.field, action=action)
        if action == "correct":
            answer = replace(answer, value=self.value(kind))
        if action == "override":
            answer = replace(answer, reason="it is so")
        decide.resolve(self.program, answer, reviewer="ada")
        self.reviewed = True
        with pytest.raises(Conflict):
            decide.resolve(self.program, answer, reviewer="bob")

    @rule(number=st.integers(0, 50), kind=KINDS)
    def say_otherwise(self, number: int, kind: str) -> None:
        log = list(reviews.every_decision(self.program))
        if not log:
            return
        last = log[number % len(log)]
        answer = decide.Answer(
            pipeline_document_id=last.run_document_id,
            field=last.field,
            action="correct",
            value=self.value(kind),
            supersedes=last.id,
        )
        newest = [
            each for each in log if (each.run_document_id, each.field) == (last.run_document_id, last.field)
        ][-1]
        held = any(
            (row.run_document_id, row.field) == (last.run_document_id, last.field)
            for row in queue(self.program)
        )
        try:
            decide.resolve(self.program, answer, reviewer="ada")
            self.reviewed = True
        except Conflict:
            assert last.id != newest.id or held

    @rule(heal=st.booleans())
    def retry(self, heal: bool) -> None:
        if heal:
            FAILING.clear()
        try:
            pipelines.retry_pipeline(self.program, self.run_id)
        except Conflict:
            assert pipelines.get_progress(self.program, self.run_id).error_documents == 0

    @precondition(lambda self: self.values < 30)
    @rule(kinds=st.tuples(KINDS, KINDS, KINDS))
    def append(self, kinds: tuple[str, str, str]) -> None:
        new = add(self.program, self.given("".join(kinds)))
        try:
            pipelines.append_documents(self.program, self.run_id, [new])
        except Conflict:
            assert pipelines.get_pipeline(self.program, self.run_id).cancelled

    @rule(sure=st.sampled_from([False, False, False, True]))
    def cancel(self, sure: bool) -> None:
        try:
            if sure:
                pipelines.cancel_pipeline(self.program, self.run_id)
        except Conflict:
            assert pipelines.get_progress(self.program, self.run_id).status.terminal

    @invariant()
    def progress_keeps_its_rules_and_the_counts_are_true(self) -> None:
        progress = pipelines.get_progress(self.program, self.run_id)
        assert broken_rules(progress, self.before) == ()
        assert pipelines.audit_progress(self.program, self.run_id) == []
        if self.reviewed and self.before is not None:
            assert (
                progress
                == replace(
                    self.before,
                    partial_documents=progress.partial_documents,
                    held_fields=progress.held_fields,
                    revision=progress.revision,
                    updated_at=progress.updated_at,
                    documents_per_second=progress.documents_per_second,  # up to the last change, so they are estimates
                    eta=progress.eta,
                )
            )
            assert progress.held_fields <= self.before.held_fields
            assert progress.partial_documents <= self.before.partial_documents
        self.before, self.reviewed = progress, False

    @invariant()
    def what_was_held_is_held_until_somebody_decided(self) -> None:
        for cells in self.cells().values():
            waits: set[str] = set()
            for cell in cells:
                assert cell.field not in waits or cell.status in {CellStatus.HELD, *DECIDED}, cell
                if cell.status is CellStatus.HELD:
                    waits.add(cell.field)
                waits -= {cell.field} if cell.status in DECIDED else set()

    @invariant()
    def nothing_held_is_seen(self) -> None:
        held, open_ = set[str](), set[str]()
        for cells in self.cells().values():
            latest = {cell.field: cell for cell in cells}
            for cell in cells:
                is_held = latest[cell.field].status is CellStatus.HELD
                (held if is_held else open_).add(str(cell.value).upper())
        shown = "\n".join(self.everything_shown()).upper()
        assert [secret for secret in held - open_ if secret in shown] == []

    def cells(self) -> dict[str, tuple[Cell, ...]]:
        rows, _ = pipelines.list_pipeline_documents(self.program, self.run_id, limit=200)
        with self.program.database.reading() as connection:
            known = read_known(connection, [row.id for row in rows])
        return {id_: each.cells for id_, each in known.items()}

    def everything_shown(self) -> Iterator[str]:
        """All that leaves the use cases that show results, and what goes with them."""
        yield from (
            str((row.record, row.cells)) for row in list_results(self.program, self.run_id, limit=200)
        )
        yield str(list_composed(self.program, self.run_id, limit=200))
        yield str(pipeline_rows(self.program, self.run_id, limit=200))
        for table in (plain_table, audit_table):
            yield str(list(table(self.program, self.run_id).rows))
        yield str(list(reviews.every_decision(self.program)))
        yield str(pipelines.get_progress(self.program, self.run_id))
        rows, _ = pipelines.list_pipeline_documents(self.program, self.run_id, limit=200)
        for row in rows:
            seen = see_record(self.program, self.run_id, row.id)
            yield str((seen.fields, seen.issues))

    def teardown(self) -> None:
        self.open.close()


def explore(
    databases: Callable[[], AbstractContextManager[Database]], folder: Path, *, examples: int
) -> None:
    run_state_machine_as_test(
        lambda: Reviewing(databases, folder),
        settings=settings(
            max_examples=examples,
            stateful_step_count=15,
            phases=[Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture(autouse=True)
def may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "make_phases", phases_that_may_fail)


def test_no_order_of_decisions_shows_what_is_held_on_sqlite(sqlite_databases: Any, tmp_path: Path) -> None:
    explore(sqlite_databases, tmp_path, examples=8)


def test_no_order_of_decisions_shows_what_is_held_on_postgresql(
    postgres_databases: Any, tmp_path: Path
) -> None:
    explore(postgres_databases, tmp_path, examples=2)
