"""A gate is replayed over a run that is done: seen first, then held, with the phases after it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.review_runs import LOW, TWICE, Worker, spec_of, start
from tests.integration.small_runs import make_program

from docrail.core.errors import InvalidInput
from docrail.core.model import Cell, CellStatus, Severity
from docrail.core.spec import Stage
from docrail.store.database import Database
from docrail.usecases.audit import list_audit
from docrail.usecases.pipelines import audit_progress, get_progress
from docrail.usecases.replay import replay_gate
from docrail.usecases.results import every_result

GIVEN = [{"net": 10, "contract": "a"}, {"net": 60, "contract": "b"}]
RAIL = (Stage(type="valid", json={"gates": ["low"]}), Stage(type="resolve", json={"policies": ["twice"]}))


@pytest.fixture
def worker(databases: Callable[[], AbstractContextManager[Database]], tmp_path: Path) -> Iterator[Worker]:
    with databases() as database:
        worker = Worker(make_program(database, tmp_path))
        yield worker
        worker.close()


def finished(worker: Worker, severity: Severity) -> str:
    gate = replace(LOW, severity=severity)
    run_id = start(worker.program, spec_of(gate, policies=[TWICE], rail=RAIL), GIVEN)
    worker.work()
    return run_id


def table(worker: Worker, run_id: str) -> list[tuple[object, ...]]:
    """What is known of each document; a value taken back is none."""
    rows = list(every_result(worker.program, run_id))
    return [(row.status, *(_said(cell) for cell in row.cells.values())) for row in rows]


def _said(cell: Cell | None) -> object:
    empty = cell is None or (cell.value is None and cell.status is CellStatus.FILLED)
    return None if cell is None or empty else (cell.value, cell.status)


def test_a_replayed_gate_holds_what_a_blocking_one_would_have_held(worker: Worker) -> None:
    program, mild = worker.program, finished(worker, Severity.WARNING)
    seen = replay_gate(program, mild, "low")
    assert (seen.documents, dict(seen.held), seen.applied) == (1, {"net": 1}, False)
    assert get_progress(program, mild).held_fields == 0

    done = replay_gate(program, mild, "low", apply=True)
    worker.work()

    assert done.applied and replay_gate(program, mild, "low").documents == 0
    assert get_progress(program, mild).held_fields == 1
    assert audit_progress(program, mild) == []
    assert table(worker, mild) == table(worker, finished(worker, Severity.BLOCKING))
    assert [entry.subject for entry in list_audit(program, action="gate.replayed")[0]] == [mild]


def test_what_cannot_be_replayed_is_refused(worker: Worker) -> None:
    run_id = finished(worker, Severity.BLOCKING)
    assert dict(replay_gate(worker.program, run_id, "low", severity="warning").released) == {"net": 1}
    for gate, severity, apply in (
        ("lo", "blocking", False),
        ("low", "hard", False),
        ("low", "warning", True),
    ):
        with pytest.raises(InvalidInput):
            replay_gate(worker.program, run_id, gate, severity=severity, apply=apply)
