"""Resolution: what a policy changes becomes new versions of cells."""

from dataclasses import replace
from typing import Any

import pytest

from docrail.core.errors import InvalidInput
from docrail.core.model import Box, Cell, CellStatus, Document, HoldReason, Layout, Provenance, Record
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field, FieldType
from docrail.phases.resolution.phase import Resolution

FIELDS = (
    Field(name="due", format="date", locale="de_DE"),
    *(Field(name=name, type=FieldType.NUMBER) for name in ("net", "tax", "gross")),
)
BOX = Box(x0=1, y0=2, x1=3, y1=4)
DUE = Cell(
    field="due",
    value="1. März 2024",
    confidence=0.8,
    phase="extraction",
    provenance=Provenance(method="zero_shot", text="1. März 2024", page=2, box=BOX),
)


def make_record(*cells: Cell) -> Record:
    document = Document(id="d", digest="", filename="a", media_type="text/plain", size_bytes=1, metadata={})
    return Record(document=document, layout=Layout(media_type="text/plain", pages=()), cells=cells)


def number(field: str, value: float, **more: Any) -> Cell:
    return Cell(field=field, value=value, confidence=0.9, phase="extraction", **more)


def resolve(record: Record, *rules: dict[str, Any]) -> Record:
    config: Any = {"policy": {"name": "clean", "rules": list(rules)}}
    phase = PlannedPhase(id="resolution", name="Resolution", type=PhaseType.RESOLUTION, config=config)
    return Resolution(phase, FIELDS).run(record)


def test_a_change_is_a_new_version_that_keeps_where_the_text_stands() -> None:
    record = make_record(DUE)
    resolved = resolve(record, {"format": "date", "field": "due"})
    assert resolved.cells[0] == DUE
    assert resolved.current["due"] == replace(
        DUE,
        value="2024-03-01",
        phase="resolution",
        provenance=Provenance(
            method="rule:format",
            text="1. März 2024",
            page=2,
            box=BOX,
            detail="clean",
            before="1. März 2024",
        ),
    )


def test_a_date_that_cannot_be_read_stays_with_less_confidence_and_an_issue() -> None:
    resolved = resolve(make_record(replace(DUE, value="soon")), {"format": "date", "field": "due"})
    assert (resolved.current["due"].value, resolved.current["due"].confidence) == ("soon", 0.4)
    assert [issue.code for issue in resolved.issues] == ["unreadable_value"]


def test_a_computed_cell_names_what_it_was_worked_out_from() -> None:
    record = make_record(number("net", 1), number("tax", 2))
    gross = resolve(record, {"compute": "net + tax", "field": "gross"}).current["gross"]
    assert (gross.value, gross.confidence, gross.provenance) == (
        3.0,
        0.9,
        Provenance(method="rule:compute", detail="clean of net, tax"),
    )


def test_a_held_cell_stays_held_and_fills_no_other() -> None:
    held = number("net", 1, status=CellStatus.HELD, hold_reason=HoldReason.FAILED_CHECK)
    rules = (
        {"compute": "net + tax", "field": "gross"},
        {"compute": "net + 1", "field": "net", "overwrite": True},
    )
    resolved = resolve(make_record(held, number("tax", 2)), *rules)
    assert "gross" not in resolved.current
    assert [issue.code for issue in resolved.issues] == ["held_input"]
    assert resolved.current["net"].status is CellStatus.HELD
    assert resolved.current["net"].hold_reason is HoldReason.FAILED_CHECK


@pytest.mark.parametrize("status", [CellStatus.APPROVED, CellStatus.CORRECTED, CellStatus.OVERRIDDEN])
def test_what_a_person_decided_is_not_changed(status: CellStatus) -> None:
    record = make_record(replace(DUE, status=status))
    assert resolve(record, {"format": "date", "field": "due"}) == record


def test_the_same_record_gives_the_same_record_again() -> None:
    record = make_record(DUE, number("net", 1), number("tax", 2))
    rules = ({"format": "date", "field": "due"}, {"compute": "net + tax", "field": "gross"})
    once = resolve(record, *rules)
    assert resolve(record, *rules) == once
    assert resolve(once, *rules) == once


def test_a_phase_without_a_policy_is_refused() -> None:
    phase = PlannedPhase(id="r", name="R", type=PhaseType.RESOLUTION, config={})
    with pytest.raises(InvalidInput, match="needs a policy"):
        Resolution(phase, FIELDS)
