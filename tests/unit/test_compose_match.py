"""Assembly across documents: groups that are alike, signatures, three-way matches, values that stand but once."""

import itertools

import pytest

from docrail.core.compose import check_assembly, compose, read_assembly
from docrail.core.model import Cell, CellStatus, Document, HoldReason, Layout, Record, Value
from docrail.core.spec import Field, FieldType

FIELDS = (
    Field(name="group"),
    Field(name="kind"),
    Field(name="date", format="date"),
    Field(name="signed", type=FieldType.BOOLEAN),
    Field(name="number"),
    Field(name="total", type=FieldType.NUMBER),
)
MATCH = {
    "grouping_field": "group",
    "anchor_field": "kind",
    "anchor_value": "invoice",
    "role_field": "kind",
    "keep_fields": ["total", "date", "number"],
    "match": [{"field": "total", "across": ["order", "delivery", "invoice"], "within": 0.01}],
}


def record(name: str, *, held: tuple[str, ...] = (), **values: Value) -> Record:
    document = Document(id=name, digest="", filename=name, media_type="x", size_bytes=1, metadata={})
    cells = tuple(
        Cell(
            field=field,
            value=value,
            confidence=1,
            phase="e",
            status=CellStatus.HELD if field in held else CellStatus.FILLED,
            hold_reason=HoldReason.FAILED_CHECK if field in held else None,
        )
        for field, value in values.items()
    )
    return Record(document=document, layout=Layout(media_type="x", pages=()), cells=cells)


def composed(config: dict[str, Value], *records: Record):
    assert check_assembly(config, FIELDS, path="a") == ()
    return compose(records, read_assembly(config), FIELDS)


def trio(order: float = 100, deliveries: tuple[float, ...] = (60, 40), invoice: float = 100) -> list[Record]:
    return [
        record("order", group="7", kind="order", total=order),
        *(
            record(f"delivery {n}", group="7", kind="Delivery", total=each)
            for n, each in enumerate(deliveries)
        ),
        record("invoice", group="7", kind="invoice", total=invoice),
    ]


def test_a_three_way_match_adds_up_the_documents_of_one_role() -> None:
    (made,) = composed(MATCH, *trio())
    assert (made.conflicts, made.values["total"], made.sources["total"]) == ((), 100, "invoice")


@pytest.mark.parametrize(
    ("records", "conflict"),
    [
        (trio(invoice=101), "'total' of 'order' and 'invoice' differ"),
        (trio(deliveries=(60,)), "'total' of 'order' and 'delivery' differ"),
        (trio(deliveries=()), "'total' cannot be compared: there is no 'delivery'"),
    ],
)
def test_what_does_not_match_composes_nothing_and_says_why_without_a_value(
    records: list[Record], conflict: str
) -> None:
    (made,) = composed(MATCH, *records)
    assert (made.values, made.conflicts) == ({}, (conflict,))


def test_a_match_waits_for_a_held_value() -> None:
    held = record("invoice", group="7", kind="invoice", total=100, held=("total",))
    (made,) = composed(MATCH, *trio()[:-1], held)
    assert made.conflicts == ("'total' cannot be compared: 'invoice' waits for a decision",)


def test_a_match_that_only_warns_is_a_note_and_a_role_may_be_optional() -> None:
    entry = {"field": "total", "across": ["order", "delivery", "invoice"], "optional": ["delivery"]}
    (made,) = composed(
        {**MATCH, "match": [{**entry, "severity": "warning"}]}, *trio(invoice=7, deliveries=())
    )
    assert (made.conflicts, made.values["total"]) == ((), 7)
    assert made.notes == ("'total' of 'order' and 'invoice' differ",)


def test_a_value_that_two_documents_share_is_a_conflict_of_both_groups() -> None:
    config: dict[str, Value] = {"grouping_field": "group", "unique": ["number"]}
    one, two, three = composed(
        config,
        record("a", group="1", number="R-7"),
        record("b", group="2", number="r-7"),
        record("c", group="3", number="R-8"),
    )
    assert one.conflicts == two.conflicts == ("'number' is the same in 'a' and 'b'",)
    assert three.values["number"] == "R-8"


AMENDED: dict[str, Value] = {
    "grouping_field": "group",
    "anchor_field": "kind",
    "anchor_value": "contract",
    "order_field": "date",
    "override_fields": ["total"],
    "signed_field": "signed",
}


def test_only_signed_amendments_override_the_latest_first() -> None:
    (made,) = composed(
        AMENDED,
        record("contract", group="C", kind="contract", date="2024-01-01", total=10, signed=True),
        record("first", group="C", kind="amendment", date="2024-03-01", total=12, signed=True),
        record("draft", group="C", kind="amendment", date="2024-05-01", total=99, signed=False),
    )
    assert (made.values["total"], made.sources["total"]) == (12, "first")
    assert made.notes == ("'draft' is not signed: it changes nothing",)


def test_nothing_is_composed_of_a_field_while_a_signature_waits_for_a_decision() -> None:
    (made,) = composed(
        AMENDED,
        record("contract", group="C", kind="contract", date="2024-01-01", total=10, signed=True),
        record(
            "later", group="C", kind="amendment", date="2024-05-01", total=99, signed=True, held=("signed",)
        ),
    )
    assert made.values["total"] is None


def test_alike_groups_are_one_whatever_the_order_but_other_digits_never() -> None:
    config: dict[str, Value] = {"grouping_field": "group", "group_threshold": 0.85, "order_field": "date"}
    names = ["ACME Industries GmbH", "Acme Industrie GmbH", "ACME Industries Gmbh.", "Lot 17", "Lot 18"]
    for order in itertools.permutations(names):
        made = composed(config, *(record(name, group=name) for name in order))
        groups = {frozenset(each.document_ids) for each in made}
        assert groups == {frozenset(names[:3]), frozenset({"Lot 17"}), frozenset({"Lot 18"})}


def test_every_mistake_in_a_match_is_found() -> None:
    config: dict[str, Value] = {
        "match": [
            {"field": "totl", "across": ["a"], "within": -1, "optional": ["b"], "severity": "x", "y": 1}
        ],
        "group_threshold": 0.1,
        "unique": ["nowhere"],
    }
    found = {problem.path for problem in check_assembly(config, FIELDS, path="a")}
    entry = {f"a.match[0].{key}" for key in ("y", "field", "across", "optional", "within", "severity")}
    assert found == {*entry, "a.match", "a.group_threshold", "a.unique[0]"}
