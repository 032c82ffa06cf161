"""Validation: verdicts are kept, and a blocking gate holds what fails."""

from dataclasses import replace
from typing import Any

import pytest

from docrail.core.errors import InvalidInput
from docrail.core.model import Cell, CellStatus, Document, HoldReason, Layout, Record
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field, FieldType
from docrail.phases.validation.phase import Validation

FIELDS = (
    Field(name="number"),
    Field(name="iban", requires_review=True),
    *(Field(name=name, type=FieldType.NUMBER) for name in ("net", "tax", "gross")),
)
TOTALS = {"rule": "near(net + tax, gross, 0.01)"}


def make_record(status: CellStatus = CellStatus.FILLED, **values: float | str) -> Record:
    document = Document(id="d", digest="", filename="a", media_type="text/plain", size_bytes=1, metadata={})
    cells = tuple(
        Cell(field=name, value=value, confidence=0.5, phase="extraction", status=status)
        for name, value in values.items()
    )
    return Record(document=document, layout=Layout(media_type="text/plain", pages=()), cells=cells)


def validate(record: Record, *checks: dict[str, Any], phase: str = "validation", **gate: Any) -> Record:
    config: Any = {
        "gate": {"name": "g", "severity": "blocking", "fields": [], "checks": list(checks), **gate}
    }
    planned = PlannedPhase(id=phase, name="V", type=PhaseType.VALIDATION, config=config)
    return Validation(planned, FIELDS).run(record)


def holds(record: Record) -> dict[str, HoldReason | None]:
    return {name: cell.hold_reason for name, cell in record.current.items() if cell.status is CellStatus.HELD}


def test_a_blocking_gate_holds_the_value_it_fails() -> None:
    validated = validate(make_record(net=1, tax=2, gross=4), TOTALS, fields=["gross"])
    assert holds(validated) == {"gross": HoldReason.FAILED_CHECK}
    assert (validated.current["gross"].value, validated.current["gross"].phase) == (4, "validation")


def test_a_missing_value_is_held_without_one_and_that_is_the_reason_that_counts() -> None:
    validated = validate(make_record(), {"rule": "net > 0"}, {"required": True}, fields=["net"])
    assert holds(validated) == {"net": HoldReason.MISSING_VALUE}
    assert (validated.current["net"].value, validated.current["net"].confidence) == (None, 0.0)


@pytest.mark.parametrize("severity", ["info", "warning"])
def test_a_gate_that_does_not_block_only_says_so(severity: str) -> None:
    validated = validate(make_record(net=-1), {"min": 0}, severity=severity, fields=["net"])
    assert (holds(validated), [verdict.passed for verdict in validated.verdicts]) == ({}, [False])


def test_a_field_that_requires_review_is_held_by_a_gate_that_covers_it() -> None:
    assert holds(validate(make_record(net=1, iban="DE1"), {"min": 0}, fields=["net"])) == {}
    held = validate(make_record(iban="DE1"), {"required": True}, fields=["iban"])
    assert holds(held) == {"iban": HoldReason.REQUIRES_REVIEW}


def test_a_later_gate_neither_frees_nor_holds_again() -> None:
    once = validate(make_record(net=-1), {"min": 0}, fields=["net"], phase="validation-1")
    passed = validate(once, {"required": True}, fields=["net"], phase="validation-2")
    failed = validate(once, {"max": -5}, fields=["net"], phase="validation-2")
    assert once.cells == passed.cells == failed.cells
    assert holds(failed) == {"net": HoldReason.FAILED_CHECK}


def test_a_decision_settles_a_field_for_the_gate_that_held_it() -> None:
    held = validate(make_record(net=-1), {"min": 0}, fields=["net"], phase="validation-1")
    approved = held.adding(cells=[replace(held.current["net"], status=CellStatus.APPROVED, hold_reason=None)])
    again = validate(approved, {"min": 0}, fields=["net"], phase="validation-1")
    later = validate(approved, {"min": 5}, fields=["net"], phase="validation-2")
    assert (holds(again), holds(later)) == ({}, {"net": HoldReason.FAILED_CHECK})


def test_a_gate_with_target_phases_judges_what_these_set_and_what_nobody_did() -> None:
    record = make_record(net=-1)
    record = record.adding(cells=[Cell(field="tax", value=-1, confidence=1, phase="transfer")])
    config: Any = {
        "gate": {"name": "g", "fields": ["net", "tax", "gross"], "checks": [{"min": 0}, {"required": True}]},
        "target_phases": ["extraction"],
    }
    planned = PlannedPhase(id="v", name="V", type=PhaseType.VALIDATION, config=config)
    held = holds(Validation(planned, FIELDS).run(record))
    assert held == {"net": HoldReason.FAILED_CHECK, "gross": HoldReason.MISSING_VALUE}


def test_an_overridden_value_passes_every_gate() -> None:
    validated = validate(make_record(CellStatus.OVERRIDDEN, net=-1), {"min": 0}, fields=["net"])
    assert (holds(validated), [verdict.passed for verdict in validated.verdicts]) == ({}, [False])


def test_the_same_record_gives_the_same_record_again() -> None:
    record = make_record(net=1, tax=2, gross=4)
    assert validate(record, TOTALS) == validate(record, TOTALS)


def test_a_phase_without_a_gate_is_refused() -> None:
    phase = PlannedPhase(id="v", name="V", type=PhaseType.VALIDATION, config={})
    with pytest.raises(InvalidInput, match="needs a gate"):
        Validation(phase, FIELDS)
