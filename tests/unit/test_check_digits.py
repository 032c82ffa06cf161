"""Check digits in gates."""

import pytest

from docrail.core.check_digits import KINDS, has_good_digits
from docrail.core.gates import check_gate, judge
from docrail.core.model import Cell, Document, Layout, Record
from docrail.core.spec import Field, FieldType, Gate

FIELDS = (Field(name="iban"), Field(name="net", type=FieldType.NUMBER))
GATE = Gate(name="g", checks=({"check_digits": "iban", "fields": ["iban"]},))


def passes(value: str | None) -> bool:
    document = Document(id="1", digest="", filename="a", media_type="x", size_bytes=1, metadata={})
    cells = (Cell(field="iban", value=value, confidence=1, phase="e"),)
    record = Record(document=document, layout=Layout(media_type="x", pages=()), cells=cells)
    (verdict,) = judge(GATE, record, FIELDS, phase="v")
    assert value is None or value not in verdict.message
    return verdict.passed


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("DE89 3704 0044 0532 0130 00", True),
        ("DE89370400440532013001", False),
        (None, True),
        ("nonsense", False),
    ],
)
def test_an_iban_passes_with_the_right_check_digits(value: str | None, good: bool) -> None:
    assert passes(value) is good


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_checked(kind: str) -> None:
    assert not has_good_digits("?", kind)


def test_an_unknown_kind_and_a_number_field_are_refused() -> None:
    gate = Gate(name="g", checks=({"check_digits": "iiban", "fields": ["net"]},))
    messages = [problem.message for problem in check_gate(gate, FIELDS, path="g")]
    assert messages[0] == "no number 'iiban'; did you mean 'iban'?"
    assert len(messages) == 2
