"""Data policies: what each rule does, what is refused, and that order and repetition do no harm."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docrail.core.model import Value
from docrail.core.policy import Applied, apply_policy, check_policy, read_rules
from docrail.core.spec import Field, FieldType, Policy

FIELDS = (
    Field(name="country"),
    Field(name="currency"),
    Field(name="issue_date", format="date"),
    Field(name="supplier"),
    Field(name="supplier_id"),
    Field(name="paid", type=FieldType.BOOLEAN),
    Field(name="quantity", type=FieldType.INTEGER),
    *(Field(name=name, type=FieldType.NUMBER) for name in ("net", "tax", "gross", "rate")),
)
TABLE = "name,id\nACME GmbH,7\nBeta  AG,8\n"


def apply(*rules: Mapping[str, Any], values: Mapping[str, Value], **more: Any) -> Applied:
    policy = Policy(name="p", rules=rules)
    assert check_policy(policy, FIELDS, path="p") == ()
    return apply_policy(read_rules(policy, FIELDS), values, confidences=dict.fromkeys(values, 0.9), **more)


def outcome(*rules: Mapping[str, Any], values: Mapping[str, Value], **more: Any) -> dict[str, Value]:
    return {
        **values,
        **{change.field: change.after for change in apply(*rules, values=values, **more).changes},
    }


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ({"format": "date", "field": "issue_date", "locale": "de_DE"}, "03.04.2024", "2024-04-03"),
        ({"format": "date", "field": "issue_date", "locale": "en_US"}, "03/04/2024", "2024-03-04"),
        ({"rule": "format", "as": "date", "field": "issue_date"}, "12. März 2024", "2024-03-12"),
        ({"format": "decimal", "field": "net", "locale": "de_DE"}, "1.234,50 €", 1234.5),
        ({"format": "decimal", "field": "quantity"}, "3.0", 3),
        ({"format": "decimal", "field": "supplier_id", "locale": "de"}, "1.234,50", "1234.5"),
        ({"format": "currency", "field": "currency"}, "€", "EUR"),
        ({"format": "currency", "field": "currency", "locale": "en_US"}, "$", "USD"),
        ({"format": "upper", "field": "country"}, "de", "DE"),
        ({"format": "lower", "field": "country"}, "DE", "de"),
        ({"format": "trim", "field": "country"}, "  a \n b ", "a b"),
        ({"format": "digits", "field": "supplier_id"}, "No. 12-34", "1234"),
        ({"map": {"Deutschland": "DE"}, "field": "country"}, " deutschland ", "DE"),
        ({"map": {"D": "DE"}, "field": "country", "default": "XX"}, "Q", "XX"),
        ({"map": {"D": "DE"}, "field": "country", "default": "XX"}, "DE", "DE"),
        ({"map": {1: "one"}, "field": "country"}, "1", "one"),
        ({"lookup": {"csv": TABLE, "key": "name", "column": "id"}, "field": "supplier"}, "beta ag", "8"),
        ({"lookup": {"csv": TABLE, "key": "name", "column": "id"}, "field": "supplier"}, "8", "8"),
        ({"compute": "round(net, 1)", "field": "net", "overwrite": True}, 1.26, 1.3),
    ],
)
def test_a_rule_changes_a_value(rule: Mapping[str, Any], before: Value, after: Value) -> None:
    field = str(rule["field"])
    assert outcome(rule, values={field: before})[field] == after


@pytest.mark.parametrize(
    ("rule", "value", "code", "confidence"),
    [
        ({"format": "date", "field": "issue_date"}, "31.02.2024", "unreadable_value", 0.45),
        ({"format": "decimal", "field": "net"}, "a lot", "unreadable_value", 0.45),
        ({"format": "decimal", "field": "quantity"}, "2.5", "unreadable_value", 0.45),
        ({"format": "currency", "field": "currency"}, "$", "unreadable_value", 0.45),
        ({"format": "digits", "field": "supplier_id"}, "none", "unreadable_value", 0.45),
        ({"map": {"D": "DE"}, "field": "country"}, "Q", "unmatched_value", 0.9),
        (
            {"lookup": {"csv": TABLE, "key": "name", "column": "id"}, "field": "supplier"},
            "X",
            "unmatched_value",
            0.9,
        ),
    ],
)
def test_a_value_that_a_rule_cannot_use_stays_with_an_issue(
    rule: Mapping[str, Any], value: Value, code: str, confidence: float
) -> None:
    applied = apply(rule, values={str(rule["field"]): value})
    assert [issue.code for issue in applied.issues] == [code]
    assert all((change.after, change.confidence) == (value, confidence) for change in applied.changes)
    assert len(applied.changes) == (confidence < 0.9)


def test_an_ambiguous_date_is_read_with_less_confidence() -> None:
    applied = apply({"format": "date", "field": "issue_date"}, values={"issue_date": "03/04/2024"})
    assert [(change.after, change.confidence) for change in applied.changes] == [("2024-04-03", 0.72)]
    assert [issue.code for issue in applied.issues] == ["ambiguous_date"]


def test_compute_fills_only_what_is_empty_unless_told_to_overwrite() -> None:
    rule = {"compute": "net + tax", "field": "gross"}
    assert outcome(rule, values={"net": 5, "tax": 1.0}) == {"net": 5, "tax": 1.0, "gross": 6.0}
    assert outcome(rule, values={"net": 5, "tax": 1, "gross": 7})["gross"] == 7
    assert outcome({**rule, "overwrite": True}, values={"net": 5, "tax": 1, "gross": 7})["gross"] == 6.0


def test_compute_without_an_input_says_so_and_fills_nothing() -> None:
    applied = apply({"compute": "net + tax", "field": "gross"}, values={"net": 5})
    assert applied.changes == ()
    assert [(issue.code, "'tax'" in issue.message) for issue in applied.issues] == [("missing_input", True)]


def test_a_computed_value_is_as_sure_as_its_least_sure_input() -> None:
    rules = read_rules(Policy(name="p", rules=({"compute": "net + tax", "field": "gross"},)), FIELDS)
    applied = apply_policy(rules, {"net": 1, "tax": 2}, confidences={"net": 0.9, "tax": 0.4})
    assert applied.changes[0].confidence == 0.4


def test_a_lookup_fills_another_field_of_its_type() -> None:
    rule = {
        "rule": "lookup",
        "field": "quantity",
        "from": "supplier",
        "csv": TABLE,
        "key": "name",
        "column": "id",
    }
    assert outcome(rule, values={"supplier": "acme gmbh"})["quantity"] == 7
    assert outcome(rule, values={"supplier": "acme gmbh", "quantity": 1})["quantity"] == 1


def test_rules_apply_after_those_that_make_what_they_read() -> None:
    rules = (
        {"compute": "net + tax", "field": "gross"},
        {"compute": "net * rate / 100", "field": "tax"},
        {"format": "decimal", "field": "rate"},
    )
    assert outcome(*rules, values={"net": 100, "rate": "19 %"})["gross"] == 119.0


def test_what_a_person_settled_is_not_changed_and_what_is_held_fills_nothing() -> None:
    rules = ({"format": "upper", "field": "country"}, {"compute": "net + tax", "field": "gross"})
    values = {"country": "de", "net": 1, "tax": 2}
    applied = apply(*rules, values=values, settled={"country"}, held={"net"})
    assert applied.changes == ()
    assert [issue.code for issue in applied.issues] == ["held_input"]


@pytest.mark.parametrize(
    ("rule", "path", "message"),
    [
        ({"format": "dat", "field": "issue_date"}, ".as", "no format 'dat'; did you mean 'date'?"),
        (
            {"format": "date", "field": "isue_date"},
            ".field",
            "no field 'isue_date'; did you mean 'issue_date'?",
        ),
        ({"format": "date", "field": "issue_date", "locale": "german"}, ".locale", "no locale 'german'"),
        ({"format": "date", "field": "paid"}, ".field", "of type boolean"),
        ({"format": "date", "field": "issue_date", "local": "de"}, ".local", "did you mean 'locale'?"),
        ({"format": "date"}, "", "format needs 'field'"),
        ({"rule": "formt", "field": "country"}, ".rule", "no rule 'formt'; did you mean 'format'?"),
        ({"field": "country"}, "", "which rule?"),
        ({"format": "trim", "map": {"a": "b"}, "field": "country"}, "", "format and map are two rules"),
        ({"map": {}, "field": "country"}, ".values", "values is a mapping"),
        ({"map": {"a": "many"}, "field": "quantity"}, ".values.a", "'many' is not of type integer"),
        (
            {"lookup": {"csv": TABLE, "key": "nam", "column": "id"}, "field": "country"},
            ".key",
            "no column 'nam'; did you mean 'name'?",
        ),
        (
            {"lookup": {"csv": TABLE, "key": "name", "column": "x"}, "field": "country"},
            ".column",
            "no column 'x'",
        ),
        ({"lookup": {"csv": "", "key": "a", "column": "b"}, "field": "country"}, ".csv", "needs a row"),
        (
            {"lookup": {"csv": "a,b\n1,2\n1,3", "key": "a", "column": "b"}, "field": "country"},
            ".csv",
            "two rows",
        ),
        ({"lookup": {"key": "a", "column": "b"}, "field": "country"}, "", "lookup needs 'csv'"),
        ({"compute": "net + taxx", "field": "gross"}, ".expression", "did you mean 'tax'?"),
        ({"compute": "gross + 1", "field": "gross"}, ".overwrite", "needs overwrite: true"),
        ({"compute": "net", "field": "gross", "overwrite": "yes"}, ".overwrite", "true or false"),
        ("trim", "", "a rule is a mapping"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_path(rule: Any, path: str, message: str) -> None:
    problems = check_policy(
        Policy(name="p", rules=({"format": "trim", "field": "country"}, rule)), FIELDS, path="p"
    )
    assert [problem.path for problem in problems] == [f"p.rules[1]{path}"]
    assert message in problems[0].message


def test_every_problem_is_found_at_once_and_a_circle_is_printed() -> None:
    rules = (
        {"compute": "tax + 1", "field": "net"},
        {"compute": "gross + 1", "field": "tax"},
        {"compute": "net + 1", "field": "gross"},
        {"format": "trim", "field": "nothing"},
    )
    problems = check_policy(Policy(name="p", rules=rules), FIELDS, path="policies[0]")
    assert [problem.path for problem in problems] == ["policies[0].rules[3].field", "policies[0].rules"]
    assert "gross -> net -> tax -> gross" in problems[1].message


NUMBERS = ("net", "tax", "gross", "rate")
RULES = st.lists(
    st.one_of(
        st.builds(
            lambda field, reads, overwrite: {
                "compute": " + ".join(reads),
                "field": field,
                "overwrite": overwrite,
            },
            st.sampled_from(NUMBERS),
            st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3),
            st.booleans(),
        ),
        st.builds(lambda field: {"format": "decimal", "field": field}, st.sampled_from(NUMBERS)),
        st.builds(
            lambda field, old, new: {"map": {old: new}, "field": field},
            st.sampled_from(NUMBERS),
            st.sampled_from(["1", "2"]),
            st.integers(0, 3),
        ),
    ),
    max_size=6,
)
VALUES = st.dictionaries(
    st.sampled_from(NUMBERS), st.none() | st.integers(0, 3) | st.sampled_from(["1", "2,5", "x"])
)


@settings(deadline=None)
@given(rules=RULES, values=VALUES, data=st.data())
def test_policies_end_are_deterministic_and_do_not_depend_on_how_fields_are_listed(
    rules: list[dict[str, Any]], values: dict[str, Any], data: st.DataObject
) -> None:
    policy = Policy(name="p", rules=tuple(rules))
    shuffled = _shuffled_by_field(rules, data.draw(st.permutations(NUMBERS)))
    other = Policy(name="p", rules=tuple(shuffled))
    assert len(check_policy(policy, FIELDS, path="p")) == len(check_policy(other, FIELDS, path="p"))
    if check_policy(policy, FIELDS, path="p"):
        return
    given_values = dict(values)
    results = [
        apply_policy(read_rules(each, FIELDS), values, confidences=dict.fromkeys(values, 0.9))
        for each in (policy, policy, other)
    ]
    assert results[0] == results[1] == results[2]
    assert values == given_values


def _shuffled_by_field(rules: list[dict[str, Any]], order: tuple[str, ...]) -> list[dict[str, Any]]:
    return sorted(rules, key=lambda rule: order.index(rule["field"]))
