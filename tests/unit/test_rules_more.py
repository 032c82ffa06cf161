"""Rules that split, join, match, convert and redact: what they make, and what they leave with an issue."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docrail.core.model import Cell, Document, Layout, Provenance, Record, Value
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.policy import apply_policy, check_policy, read_rules
from docrail.core.retry import Retry
from docrail.core.spec import Field, FieldType, Policy
from docrail.phases.resolution.phase import Resolution

FIELDS = (
    Field(name="text", locale="de_DE"),
    Field(name="other"),
    Field(name="list", type=FieldType.ARRAY),
    Field(name="number", type=FieldType.NUMBER, locale="de_DE"),
    Field(name="euros", type=FieldType.NUMBER),
    Field(name="code"),
    Field(name="day", format="date"),
    Field(name="status", enum=("paid", "open")),
)
VENDORS = "name,id\nACME Industries GmbH,1\nBeta Logistik AG,2\nBeta Logistic AG,3\n"
RATES = "date,currency,rate\n2024-01-01,USD,0.9\n2024-06-01,USD,0.95\n"


def applied(rules: list[dict[str, Value]], **values: Value):
    policy = Policy(name="p", rules=tuple(rules))
    assert check_policy(policy, FIELDS, path="p") == ()
    made = apply_policy(read_rules(policy, FIELDS), values, confidences=dict.fromkeys(values, 1.0))
    after = {**values, **{change.field: change.after for change in made.changes}}
    return after, made


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ({"split": {"at": ",", "part": -1}, "field": "text"}, {"text": "a, b"}, {"text": "b"}),
        ({"split": {"from": "text", "at": ";"}, "field": "list"}, {"text": "a; b;"}, {"list": ["a", "b"]}),
        (
            {"join": ["text", "number"], "with": "/", "field": "other"},
            {"text": "a", "number": 7},
            {"other": "a/7"},
        ),
        ({"enum": True, "field": "status"}, {"status": " PAID"}, {"status": "paid"}),
        ({"enum": True, "field": "status", "threshold": 0.7}, {"status": "payd"}, {"status": "paid"}),
        ({"unit": "kg", "from": "text", "field": "number"}, {"text": "2,5 t"}, {"number": 2500.0}),
        ({"unit": "kg", "field": "text"}, {"text": "500 g"}, {"text": "0.5 kg"}),
        (
            {"currency": {"to": "EUR", "currency_field": "code", "rates": {"USD": 0.5}}, "field": "number"},
            {"number": -3, "code": "US$"},
            {"number": -1.5},
        ),
        (
            {
                "currency": {"to": "EUR", "currency_field": "code", "date_field": "day", "csv": RATES},
                "field": "euros",
                "from": "number",
            },
            {"number": 100, "code": "USD", "day": "2024-05-31"},
            {"euros": 90.0},
        ),
        ({"redact": "ibans", "field": "text"}, {"text": "to DE89370400440532013000"}, {"text": "to ****"}),
        ({"redact": "all", "field": "number"}, {"number": 5}, {"number": None}),
    ],
)
def test_a_rule_makes(rule: dict[str, Value], values: dict[str, Value], expected: dict[str, Value]) -> None:
    after, made = applied([rule], **values)
    assert {name: after.get(name) for name in expected} == expected
    assert made.issues == ()


@pytest.mark.parametrize(
    ("rule", "values", "code"),
    [
        (
            {"split": {"at": ",", "part": 3, "from": "text"}, "field": "other"},
            {"text": "a"},
            "unmatched_value",
        ),
        ({"join": ["text"], "field": "other"}, {}, "missing_input"),
        ({"enum": True, "field": "status"}, {"status": "late"}, "unmatched_value"),
        ({"unit": "kg", "field": "text"}, {"text": "3 m"}, "not_converted"),
        ({"unit": "kg", "field": "text"}, {"text": "heavy"}, "not_converted"),
        (
            {"currency": {"to": "EUR", "currency_field": "code", "rates": {"USD": 0.5}}, "field": "number"},
            {"number": 3, "code": "GBP"},
            "not_converted",
        ),
    ],
)
def test_what_a_rule_cannot_do_stays_with_an_issue(
    rule: dict[str, Value], values: dict[str, Value], code: str
) -> None:
    after, made = applied([rule], **values)
    assert after == values
    assert [issue.code for issue in made.issues] == [code]


def test_a_fuzzy_look_up_lowers_the_confidence_and_names_what_else_it_could_have_been() -> None:
    look = {"csv": VENDORS, "key": "name", "column": "id", "from": "text", "threshold": 0.6}
    after, made = applied([{"lookup": look, "field": "code"}], text="ACME Industrie GmbH")
    assert after["code"] == "1"
    assert 0.9 < made.changes[0].confidence < 1
    assert made.changes[0].note is not None and made.changes[0].note.startswith(
        "fuzzy 'ACME Industries GmbH' 0.9"
    )


def test_a_look_up_between_two_entries_as_like_is_no_match() -> None:
    look = {"csv": VENDORS, "key": "name", "column": "id", "from": "text", "threshold": 0.6}
    after, made = applied([{"lookup": look, "field": "code"}], text="Beta Logisti AG")
    assert "code" not in after
    assert [issue.code for issue in made.issues] == ["ambiguous_match"]


def test_every_mistake_in_these_rules_is_found_with_its_path() -> None:
    rules: tuple[dict[str, Value], ...] = (
        {"split": {"part": 0}, "field": "text"},
        {"join": ["nowhere"], "field": "other"},
        {"enum": True, "field": "other"},
        {"unit": "parsec", "field": "text"},
        {"currency": {"to": "EUR", "currency_field": "code", "rates": {"USD": -1}}, "field": "number"},
        {"redact": "names", "field": "text"},
        {"lookup": {"csv": VENDORS, "key": "name", "column": "id", "threshold": 2}, "field": "code"},
    )
    found = [problem.path for problem in check_policy(Policy(name="p", rules=rules), FIELDS, path="p")]
    assert found == [
        "p.rules[0].part",
        "p.rules[1].fields[0]",
        "p.rules[2]",
        "p.rules[3].to",
        "p.rules[4].rates",
        "p.rules[5].what",
        "p.rules[6].threshold",
    ]


def test_a_circle_through_conversions_is_refused_with_its_path() -> None:
    rules = ({"join": ["other"], "field": "text"}, {"split": {"from": "text", "part": 1}, "field": "other"})
    found = check_policy(Policy(name="p", rules=rules), FIELDS, path="p")
    assert ["other -> text -> other" in problem.message for problem in found] == [True]


def test_what_is_redacted_is_in_no_part_of_the_new_cell() -> None:
    phase = PlannedPhase(
        id="resolution",
        name="r",
        type=PhaseType.RESOLUTION,
        config={"policy": {"name": "p", "rules": [{"redact": "all", "field": "text"}]}},
        retry=Retry(),
    )
    document = Document(id="1", digest="", filename="a", media_type="text/plain", size_bytes=1, metadata={})
    found = Cell(
        field="text",
        value="Secret",
        confidence=1,
        phase="x",
        provenance=Provenance(method="m", text="Secret"),
    )
    record = Record(document=document, layout=Layout(media_type="text/plain", pages=()), cells=(found,))
    assert "Secret" not in repr(Resolution(phase, FIELDS).run(record).current["text"])


_TEXTS = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from(["2,5 t", "USD", "paid", "ACME", "1.000,00"])
)
_RULES = st.sampled_from(
    [
        {"format": "decimal", "field": "text"},
        {"split": {"at": ",", "part": 1}, "field": "text"},
        {"join": ["text", "code"], "field": "other"},
        {"enum": True, "field": "status", "threshold": 0.5},
        {"unit": "kg", "from": "text", "field": "number"},
        {
            "lookup": {"csv": VENDORS, "key": "name", "column": "id", "from": "text", "threshold": 0.5},
            "field": "code",
        },
        {"currency": {"to": "EUR", "currency_field": "code", "rates": {"USD": 0.9}}, "field": "number"},
        {"redact": "digits", "field": "other"},
        {"compute": "number * 2.0", "field": "euros"},
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(_RULES, max_size=6, unique_by=str),
    st.fixed_dictionaries(dict.fromkeys(("text", "other", "code", "status"), _TEXTS)),
)
def test_policies_end_and_say_the_same_every_time(
    rules: list[dict[str, Value]], values: dict[str, Value]
) -> None:
    policy = Policy(name="p", rules=tuple(rules))
    assert check_policy(policy, FIELDS, path="p") == ()
    trust = dict.fromkeys(values, 0.9)
    once = apply_policy(read_rules(policy, FIELDS), values, confidences=trust)
    assert once == apply_policy(read_rules(policy, FIELDS), values, confidences=trust)
    assert all(0 <= change.confidence <= 1 for change in once.changes)
