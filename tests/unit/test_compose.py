"""Assembly's rules: groups, anchors, overrides, and conflicts that compose nothing."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docrail.core.compose import Composed, check_assembly, compose, read_assembly
from docrail.core.model import Cell, CellStatus, Document, Layout, Record, Value
from docrail.core.spec import Field, FieldType

FIELDS = (
    Field(name="contract"),
    Field(name="kind"),
    Field(name="signed", format="date"),
    Field(name="price", type=FieldType.NUMBER),
    Field(name="term"),
    Field(name="lines", type=FieldType.ARRAY),
)
CONFIG = {
    "grouping_field": "contract",
    "anchor_field": "kind",
    "anchor_value": "contract",
    "order_field": "signed",
    "override_fields": ["price"],
}


def make_record(name: str, held: tuple[str, ...] = (), **values: Value) -> Record:
    document = Document(
        id=f"id-{name}", digest="", filename=name, media_type="text/plain", size_bytes=1, metadata={}
    )
    cells = tuple(
        Cell(
            field=field,
            value=value,
            confidence=1.0,
            phase="e",
            status=CellStatus.HELD if field in held else CellStatus.FILLED,
        )
        for field, value in values.items()
    )
    return Record(document=document, layout=Layout(media_type="text/plain", pages=()), cells=cells)


def contract(**values: Any) -> Record:
    return make_record(
        "c", **{"contract": "7", "kind": "Contract", "signed": "2024-01-01", "price": 10, **values}
    )


def amendment(name: str, signed: str | None, **values: Any) -> Record:
    return make_record(name, **{"contract": "7", "kind": "Amendment", "signed": signed, **values})


def compose_one(*records: Record, **changes: Value) -> Composed:
    config: Mapping[str, Value] = {**CONFIG, **changes}
    assert check_assembly(config, FIELDS, path="a") == ()
    (composed,) = compose(records, read_assembly(config), FIELDS)
    return composed


def test_a_later_document_overrides_what_it_may() -> None:
    composed = compose_one(
        amendment("b", "2024-09-01", price=14), contract(), amendment("a", "2024-06-01", price=12)
    )
    assert composed == Composed(
        group="7",
        anchor_document="id-c",
        document_ids=("id-b", "id-c", "id-a"),
        values={
            "contract": "7",
            "kind": "Contract",
            "signed": "2024-01-01",
            "price": 14,
            "term": None,
            "lines": None,
        },
        sources={"contract": "id-c", "kind": "id-c", "signed": "id-c", "price": "id-b"},
    )


def test_a_later_document_fills_what_is_empty_and_may_not_change_the_rest() -> None:
    filled = compose_one(contract(), amendment("a", "2024-06-01", term="1 year"))
    differs = compose_one(contract(term="2 years"), amendment("a", "2024-06-01", term="1 year"))
    agrees = compose_one(contract(term="2 years"), amendment("a", "2024-06-01", term=" 2  YEARS "))
    assert (filled.values["term"], filled.sources["term"]) == ("1 year", "id-a")
    assert (differs.values, differs.sources) == ({}, {})
    assert differs.conflicts == ("'term': 'c' and 'a' differ, and it is not one of override_fields",)
    assert agrees.values["term"] == "2 years"


def test_keep_fields_are_the_anchors_whatever_others_say() -> None:
    composed = compose_one(contract(term="x"), amendment("a", "2024-06-01", term="y"), keep_fields=["term"])
    assert composed.values["term"] == "x"


@pytest.mark.parametrize("signed", ["2024-06-01", None])
def test_different_values_of_one_date_or_of_none_are_a_conflict(signed: str | None) -> None:
    records = (contract(), amendment("a", "2024-06-01", price=12), amendment("b", signed, price=14))
    assert compose_one(*records).conflicts == (
        "'price': 'a' and 'b' differ, and which is later is not known",
    )
    same = (contract(), amendment("a", "2024-06-01", price=12), amendment("b", signed, price=12))
    assert compose_one(*same).values["price"] == 12


def test_what_was_signed_before_the_anchor_overrides_nothing() -> None:
    assert compose_one(contract(), amendment("a", "2023-06-01", price=12)).values["price"] == 10


def test_an_override_without_dates_goes_by_the_order_of_the_run() -> None:
    records = (contract(), amendment("a", None, price=12), amendment("b", None, price=14))
    assert compose_one(*records, order_field=None).values["price"] == 14


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ((amendment("a", "2024-06-01"),), "no anchor: none of 'a' has 'kind' of 'contract'"),
        ((contract(), contract()), "2 anchors: 'c', 'c' have 'kind' of 'contract'"),
    ],
)
def test_no_anchor_or_several_compose_nothing(records: tuple[Record, ...], message: str) -> None:
    composed = compose_one(*records)
    assert (composed.anchor_document, composed.values, composed.conflicts) == (None, {}, (message,))


def test_the_anchor_is_the_one_filled_or_else_the_earliest() -> None:
    records = (amendment("a", "2024-06-01", price=12), contract(term="x"))
    by_value = compose_one(*records, anchor_field="term", anchor_value=None)
    earliest = compose_one(*records, anchor_field=None, anchor_value=None, keep_fields=["kind"])
    first = compose_one(
        *records, anchor_field=None, anchor_value=None, order_field=None, keep_fields=["kind", "signed"]
    )
    assert [each.anchor_document for each in (by_value, earliest, first)] == ["id-c", "id-c", "id-a"]


def test_documents_without_a_group_stand_alone_and_groups_keep_the_order_of_the_run() -> None:
    records = (
        make_record("x", contract=None, price=1),
        make_record("y", contract="B 1", price=2),
        make_record("z", contract="A", price=3),
        make_record("w", contract="b  1", price=2),
        make_record("v", held=("contract",), contract="A"),
    )
    composed = compose(records, read_assembly({"grouping_field": "contract"}), FIELDS)
    assert [(each.group, each.document_ids) for each in composed] == [
        ("id-x", ("id-x",)),
        ("B 1", ("id-y", "id-w")),
        ("A", ("id-z",)),
        ("id-v", ("id-v",)),
    ]


def test_a_held_value_is_null_unless_a_later_document_overrides_it() -> None:
    held = compose_one(contract(held=("price", "term"), term="x"), amendment("a", "2024-06-01", term="y"))
    later = compose_one(contract(), amendment("a", "2024-06-01", held=("price",), price=12))
    overridden = compose_one(contract(held=("price",)), amendment("a", "2024-06-01", price=12))
    assert (held.values["price"], held.values["term"], held.conflicts) == (None, None, ())
    assert (later.values["price"], "price" in later.sources) == (None, False)
    assert overridden.values["price"] == 12


@pytest.mark.parametrize(
    ("config", "path", "message"),
    [
        ({"grouping_field": "kontract"}, ".grouping_field", "did you mean 'contract'?"),
        ({"grouping_field": "lines"}, ".grouping_field", "cannot be compared"),
        ({"grouping_field": "contract", "override_fields": ["prise"]}, ".override_fields[0]", "'price'"),
        ({"grouping_field": "contract", "override_fields": "price"}, ".override_fields", "a list"),
        ({"grouping_field": "contract", "anchor_value": 1}, ".anchor_value", "needs 'anchor_field'"),
        ({"grouping_field": "contract", "anker_field": 1}, ".anker_field", "did you mean 'anchor_field'?"),
        (
            {"grouping_field": "contract", "override_fields": ["price"], "keep_fields": ["price"]},
            ".keep_fields",
            "choose one",
        ),
    ],
)
def test_a_wrong_assembly_is_refused_with_its_path(
    config: Mapping[str, Value], path: str, message: str
) -> None:
    problems = check_assembly(config, FIELDS, path="rail[1].json")
    assert [problem.path for problem in problems] == [f"rail[1].json{path}"]
    assert message in problems[0].message


RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "contract": st.sampled_from([None, "1", "2"]),
            "kind": st.sampled_from(["contract", "amendment"]),
            "signed": st.sampled_from([None, "2024-01-01", "2024-02-01", "2024-03-01"]),
            "price": st.sampled_from([None, 1, 2]),
        }
    ),
    max_size=5,
)


@given(rows=RECORDS, data=st.data())
def test_every_document_is_in_one_group_and_the_order_of_the_run_changes_no_value(
    rows: list[dict[str, Value]], data: st.DataObject
) -> None:
    records = [make_record(str(number), **row) for number, row in enumerate(rows)]
    config = read_assembly(CONFIG)
    composed = compose(records, config, FIELDS)
    shuffled = compose(data.draw(st.permutations(records)), config, FIELDS)
    assert sorted(each for one in composed for each in one.document_ids) == sorted(
        r.document.id for r in records
    )
    assert _outcomes(composed) == _outcomes(shuffled)
    assert all(not one.values for one in composed if one.conflicts)


def _outcomes(composed: tuple[Composed, ...]) -> dict[frozenset[str], Any]:
    return {
        frozenset(one.document_ids): (one.anchor_document, dict(one.values), bool(one.conflicts))
        for one in composed
    }
