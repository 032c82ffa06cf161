"""A spec suggested from samples: labels that recur with a value, and that extraction finds again."""

from pathlib import Path

import pytest
from tests.made.layouts import layout_of

from docrail.core.errors import InvalidInput
from docrail.core.model import Document, Layout, Record
from docrail.core.plan import compile_rail
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.candidates import read_document
from docrail.phases.extraction.pairs import Pair, find_pairs
from docrail.phases.extraction.suggest_fields import suggest_fields
from docrail.phases.registry import make_phases
from docrail.usecases.specs import check_spec
from docrail.usecases.suggest import spec_to_yaml, suggest_spec


def permit(number: int, *, label: str = "Permit No") -> Layout:
    return layout_of(
        "City of Ruritania",
        f"{label}:  RP-{1000 + number}",
        f"Valid until:  {10 + number}.05.2024",
        f"Deposit:  EUR {40 + number}.50",
        f"Kennels:  {2 + number}",
        "Office:  Room twelve",
        f"Holder  Dog name {'ABCDEF'[number]}",
    )


SAMPLES = [permit(n) for n in range(4)]


def by_name(fields: tuple[Field, ...]) -> dict[str, Field]:
    return {field.name: field for field in fields}


def test_labels_that_recur_become_fields_with_the_type_of_their_values() -> None:
    fields = by_name(suggest_fields(SAMPLES))
    assert fields["permit_no"].title == "Permit No"
    assert fields["permit_no"].type is FieldType.STRING
    assert (fields["valid_until"].format, fields["deposit"].format) == ("date", "money")
    assert fields["kennels"].type is FieldType.INTEGER


def test_what_is_the_same_on_every_document_is_no_field() -> None:
    assert "office" not in by_name(suggest_fields(SAMPLES))


def test_a_label_of_one_document_among_many_is_no_field() -> None:
    other = layout_of("Mooring:  B-7", "Valid until:  01.06.2024")
    assert "mooring" not in by_name(suggest_fields([*SAMPLES, other]))


def test_other_words_for_the_same_thing_are_synonyms() -> None:
    bills = [
        layout_of(f"{label}:  R-{n}", f"Total:  {n}7.50")
        for n, label in enumerate(("Invoice Number", "Rechnungsnummer", "Invoice Number"), 1)
    ]
    field = by_name(suggest_fields(bills))["invoice_number"]
    assert (field.title, field.synonyms) == ("Invoice Number", ("Rechnungsnummer",))


def test_one_document_is_enough_of_a_sample() -> None:
    assert "permit_no" in by_name(suggest_fields(SAMPLES[:1]))


def test_the_suggested_spec_is_good_and_extracts_from_the_samples(tmp_path: Path) -> None:
    spec = suggest_spec(SAMPLES, name="Permits")
    (tmp_path / "spec.yaml").write_text(spec_to_yaml(spec), encoding="utf-8")
    again, problems = check_spec(tmp_path / "spec.yaml")
    assert (again, problems) == (spec, ())

    _, extraction = make_phases(compile_rail(spec))
    document = Document(id="d", digest="", filename="a", media_type="x", size_bytes=1, metadata={})
    for number, layout in enumerate(SAMPLES):
        values = extraction.run(Record(document=document, layout=layout)).values
        assert values["permit_no"] == f"RP-{1000 + number}"
        assert values["valid_until"] == f"2024-05-{10 + number}"
        assert values["deposit"] == 40.5 + number


def test_line_items_get_the_columns_that_the_headers_name() -> None:
    bills = [
        layout_of(
            f"Invoice Number:  R-{n}",
            "Description  Quantity  Unit Price  Amount",
            f"Widget           {n}   {n}.00      {n * n}.00",
            "Gadget           2   3.00      6.00",
        )
        for n in range(2, 5)
    ]
    field = by_name(suggest_fields(bills))["line_items"]
    assert {item.name for item in field.items} >= {"item_name", "quantity", "line_amount"}


def test_nothing_that_recurs_is_said_so() -> None:
    with pytest.raises(InvalidInput, match="no label with a value recurs"):
        suggest_spec([layout_of("Dear all"), layout_of("See you soon")], name="Letters")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Order No: A-17", Pair(label="Order No", text="A-17", kind="text")),
        ("Order Date 12 March 2024", Pair(label="Order Date", text="12 March 2024", kind="date")),
        ("Fee  EUR 7.50", Pair(label="Fee", text="EUR 7.50", kind="money")),
        ("See you at 10:30", None),
        ("Fee  Other fee", None),
    ],
)
def test_a_pair_is_a_label_with_what_can_only_be_its_value(line: str, expected: Pair | None) -> None:
    assert next(find_pairs(read_document(layout_of(line))), None) == expected
