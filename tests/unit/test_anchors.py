"""Anchors: exact words beside a value, never what is unsure."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.made.layouts import layout_of

from docrail.core.model import Cell, Document, Layout, Record, Value
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.candidates import read_document
from docrail.phases.transfer.anchors import is_same, sight
from docrail.phases.transfer.phase import Transfer
from docrail.phases.transfer.remembered import Known

SPOTS = Field(name="spots", type=FieldType.INTEGER)
DAY = Field(name="day", format="date")


def sighted(layout: Layout, field: Field, confirmed: Value) -> dict[str, bool]:
    return sight(read_document(layout), field, confirmed)


def transfer(
    layout: Layout, anchors: Mapping[str, Any], *fields: Field, metadata: Mapping[str, Value] | None = None
) -> dict[str, Cell]:
    config = {"knowledge": "d", "known": {"anchors": anchors}}
    phase = PlannedPhase(id="transfer", name="Transfer", type=PhaseType.TRANSFER, config=config)
    document = Document(
        id="d", digest="", filename="a.pdf", media_type="x", size_bytes=1, metadata=metadata or {}
    )
    return Transfer(phase, fields).run(Record(document=document, layout=layout)).current


def test_every_words_beside_a_value_are_sighted_with_whether_they_named_the_right_one() -> None:
    layout = layout_of("Zeta  12  Omega  30")
    assert sighted(layout, SPOTS, 12) == {"right of: zeta": True, "right of: omega": False}
    assert sighted(layout, SPOTS, None) == {"right of: zeta": False, "right of: omega": False}


def test_words_that_point_at_two_values_name_none() -> None:
    assert "right of: zeta" not in sighted(layout_of("Zeta  12", "Zeta  13"), SPOTS, 12)
    assert sighted(layout_of("Zeta  12", "Zeta  12"), SPOTS, 12)["right of: zeta"]


def test_a_pair_of_words_tells_apart_what_one_cannot() -> None:
    found = sighted(layout_of("Net  Units", "Zeta  12", "Zeta  13"), SPOTS, 12)
    assert not any("zeta" in key and "&" not in key for key in found)


@pytest.mark.parametrize("words", ["2024 100", "1,250.00", "a b c d e f g h i j k"])
def test_figures_and_sentences_are_no_anchors(words: str) -> None:
    assert sighted(layout_of(f"{words}  12"), SPOTS, 12) == {}


@pytest.mark.parametrize(
    ("found", "confirmed", "field", "expected"),
    [
        (12, "12", SPOTS, True),
        (12, 12.0, SPOTS, True),
        ("2024-03-01", "1 March 2024", DAY, True),
        ("2024-03-01", "2024-03-02", DAY, False),
        ("A  b", "A b", Field(name="x"), True),
        ("A-1", "A-2", Field(name="x"), False),
        (True, False, Field(name="x", type=FieldType.BOOLEAN), False),
        (None, None, SPOTS, False),
    ],
)
def test_values_are_compared_by_type(found: Value, confirmed: Value, field: Field, expected: bool) -> None:
    assert is_same(found, confirmed, field) is expected


@pytest.mark.parametrize(
    ("seen", "right", "trusted"),
    [(1, 1, False), (2, 2, True), (19, 18, False), (20, 19, True), (2, 0, False)],
)
def test_an_anchor_is_trusted_when_seen_twice_and_nearly_always_right(
    seen: int, right: int, trusted: bool
) -> None:
    assert Known(seen=seen, right=right).is_trusted is trusted


def test_two_sightings_fill_nothing_alone_and_three_do() -> None:
    layout = layout_of("Zeta  12")
    assert transfer(layout, {"spots": {"right of: zeta": [2, 2]}}, SPOTS) == {}
    assert transfer(layout, {"spots": {"right of: zeta": [3, 3]}}, SPOTS)["spots"].value == 12


def test_two_witnesses_that_agree_are_enough_and_that_differ_are_none() -> None:
    anchors = {"spots": {"right of: zeta": [2, 2], "below: units": [2, 2]}}
    agreeing = layout_of("Name  Units", "Zeta  12")
    differing = layout_of("Zeta  12", "Units  .", "13")
    assert transfer(agreeing, anchors, SPOTS)["spots"].confidence == pytest.approx(0.938)
    assert (
        transfer(differing, anchors | {"spots": {"right of: zeta": [9, 9], "below: units": [9, 9]}}, SPOTS)
        == {}
    )


def test_what_is_given_counts_before_what_is_remembered() -> None:
    cells = transfer(
        layout_of("Zeta  12"), {"spots": {"right of: zeta": [9, 9]}}, SPOTS, metadata={"spots": 5}
    )
    assert (cells["spots"].value, len(cells)) == (5, 1)


def test_a_value_of_another_type_is_not_filled() -> None:
    assert transfer(layout_of("Zeta  soon"), {"spots": {"right of: zeta": [9, 9]}}, SPOTS) == {}
