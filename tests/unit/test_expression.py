"""Expressions: what people write, what they read, and that nothing they write can hurt."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docrail.core.errors import InvalidInput, PhaseError
from docrail.core.expression import compile_expression
from docrail.core.spec import Field, FieldType

FIELDS = (
    *(Field(name=name, type=FieldType.NUMBER) for name in ("net", "tax", "gross")),
    Field(name="quantity", type=FieldType.INTEGER),
    Field(name="paid", type=FieldType.BOOLEAN),
    *(Field(name=name) for name in ("currency", "issue_date", "due_date")),
    Field(name="lines", type=FieldType.ARRAY, items=(Field(name="amount", type=FieldType.NUMBER),)),
    Field(name="tags", type=FieldType.ARRAY),
    Field(name="address", type=FieldType.OBJECT),
)
VALUES = {
    "net": 5,
    "tax": 1.5,
    "gross": 6.5,
    "quantity": 3,
    "paid": True,
    "currency": "EUR",
    "issue_date": "2024-01-02",
    "due_date": "2024-02-02",
    "lines": [{"amount": 2, "name": "pen"}, {"amount": 3.0, "name": None}],
    "tags": ["a", "b"],
    "address": {"city": "Bonn"},
}


@pytest.mark.parametrize(
    "source",
    [
        "net + tax == gross",
        "quantity > 0",
        "quantity * 2 == 6 && 1 - net == -4",
        "near(net + tax, gross, 0.01)",
        "near(net + tax, gross, 1)",
        "currency in ['EUR','USD']",
        "net in [5, 6]",
        "size(lines) > 0 && lines.size() == 2 && size(currency) == 3",
        "lines.all(l, l.amount > 0.0) && lines.all(l, l.amount > 0)",
        "lines[0].amount * 2 == 4 && lines[size(lines) - 1].amount == 3",
        "sum(lines.map(l, l.amount)) == net",
        "lines.exists(l, has_value(l.name)) && !lines.all(l, has_value(l.name))",
        "issue_date < due_date && issue_date >= '2024-01-01'",
        "days_between(issue_date, due_date) == 31",
        "currency.startsWith('E') && currency.lower() == 'eur' && currency.matches('^[A-Z]{3}$')",
        "(currency + ' ' + issue_date).replace(' ', '/') == 'EUR/2024-01-02'",
        "issue_date.substring(0, 4) == '2024' && issue_date.substring(8) == '02'",
        "timestamp(issue_date + 'T00:00:00Z').getFullYear() > 2000",
        "round(net / 3, 2) == 1.67 && round(2.5) == 3 && abs(1 - net) == 4",
        "min([net, tax]) == tax && max([net, tax]) == net",
        "'a' in tags && address.city == 'Bonn'",
        "(paid ? 1 : net) == 1 && 1 / 2 == 0.5",
    ],
)
def test_what_people_write_is_true(source: str) -> None:
    assert compile_expression(source, fields=FIELDS).evaluate(VALUES) is True


def test_an_expression_knows_what_it_reads() -> None:
    source = "lines.all(tax, tax.amount > net) && 'gross' != currency && address.city == 'x'"
    assert compile_expression(source, fields=FIELDS).reads == {"lines", "net", "currency", "address"}


@pytest.mark.parametrize("values", [{"net": 1}, {"net": 1, "tax": None}, {}])
def test_a_missing_field_is_an_error_that_names_it(values: dict[str, float | None]) -> None:
    with pytest.raises(PhaseError, match=r"needs '(tax|net)', which has no value") as caught:
        compile_expression("net + tax > 0", fields=FIELDS).evaluate(values)
    assert (caught.value.code, caught.value.retryable) == ("rule_error", False)


def test_has_value_guards_a_missing_field() -> None:
    total = compile_expression("has_value(tax) ? net + tax : net", fields=FIELDS)
    assert (total.evaluate({"net": 5}), total.evaluate({"net": 5, "tax": 1.5})) == (5.0, 6.5)
    assert total.reads == {"net", "tax"}


def test_a_missing_column_of_an_item_is_an_error_that_names_it() -> None:
    with pytest.raises(PhaseError, match="needs 'name' of an item"):
        compile_expression("lines.all(l, l.name == 'pen')", fields=FIELDS).evaluate(VALUES)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nett + tax", "at character 1 of 'nett [+] tax': no field or function 'nett'; did you mean 'net'"),
        ("1 + 2 + nett", "at character 9 of"),
        ("net + currency", r"at character 5 of 'net \+ currency': \+ does not work on \(number, text\)"),
        ("net == null", "use has_value"),
        ("net +", "at character 5 of .*Syntax error"),
        ("", "Syntax error"),
        ("size(net)", r"size does not work on \(number\)"),
        ("neer(net, tax, 1)", "did you mean 'near'"),
        ("(" * 500 + "1" + ")" * 500, "recursion"),
        ("currency == '\ud800'", "text in Unicode"),
        ("1" * 3000, "at most 2000 characters"),
        ("tags" + ".map(a, a+a)" * 20, "nests too much"),
    ],
)
def test_a_bad_expression_says_what_is_wrong_and_where(source: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        compile_expression(source, fields=FIELDS)


@pytest.mark.parametrize(
    "source", ["net / 0", "lines[9].amount", "type(net)", "{'a': net}.b", "min([])", "days_between('x', 'y')"]
)
def test_what_cannot_be_worked_out_is_an_error(source: str) -> None:
    with pytest.raises(PhaseError):
        compile_expression(source, fields=FIELDS).evaluate(VALUES)


def test_an_error_never_quotes_a_value() -> None:
    for source in ("double(currency) > 0", "days_between(currency, currency) > 0"):
        with pytest.raises(PhaseError) as caught:
            compile_expression(source, fields=FIELDS).evaluate({"currency": "SECRET"})
        assert "SECRET" not in caught.value.message


@pytest.mark.parametrize(
    "value", [10**400, float("nan"), "\ud800", "a\x00", [[[1]]], {"a": {"b": None}}, "text"]
)
def test_no_value_hurts(value: Any) -> None:
    for field in FIELDS:
        try:
            compile_expression(f"{field.name} == {field.name}", fields=FIELDS).evaluate({field.name: value})
        except PhaseError as error:
            assert error.code == "rule_error"


def test_no_expression_runs_unbounded() -> None:
    numbers = {"tags": [1.0] * 1_000}
    started = time.monotonic()
    with pytest.raises(PhaseError, match="Iteration budget"):
        compile_expression("tags.all(a, tags.all(b, a == b))", fields=FIELDS).evaluate(numbers)
    grow = compile_expression("currency" + ".replace('a', 'aa')" * 25, fields=FIELDS)
    with pytest.raises(PhaseError, match="grew beyond"):
        grow.evaluate({"currency": "a"})
    assert time.monotonic() - started < 5


@given(st.text(max_size=60) | st.from_regex(r"[-netax+*/()\[\].,'&|<>=!?: 0-9]{0,40}", fullmatch=True))
def test_any_text_compiles_or_is_refused(source: str) -> None:
    try:
        compile_expression(source, fields=FIELDS).evaluate(VALUES)
    except (InvalidInput, PhaseError) as error:
        assert error.message
