"""Every example of the reference of policies and gates does what the page says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from docrail.core.compose import check_assembly
from docrail.core.expression import compile_expression
from docrail.core.gates import check_gate, judge
from docrail.core.model import Box, Cell, Document, Layout, Line, Page, Record, Source, Word
from docrail.core.policy import apply_policy, check_policy, read_rules
from docrail.core.rule import FORMATS, KEYS
from docrail.core.spec import Field, FieldType, Gate, Policy

PAGE = (Path(__file__).parents[2] / "docs/reference/policies-and-gates.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    (text,) = re.findall(rf"^```{name}\n(.*?)^```$", PAGE, re.M | re.S)
    return str(text)


def load(name: str) -> Any:
    return yaml.safe_load(block(f"yaml {name}"))


def read_fields() -> tuple[Field, ...]:
    return tuple(
        Field(**{**body, "name": name, "type": FieldType(body["type"])})
        for name, body in load("fields").items()
    )


FIELDS = read_fields()
EXPRESSIONS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", PAGE.partition("## Expressions")[2], re.M)


def make_record(values: dict[str, Any]) -> Record:
    box = Box(x0=0, y0=0, x1=1, y1=1)
    line = Line(words=(Word(text="Invoice", box=box), Word(text="17", box=box)))
    page = Page(number=1, width=1, height=1, source=Source.PLAIN, lines=(line,))
    return Record(
        document=Document(id="d", digest="", filename="a", media_type="x", size_bytes=1, metadata={}),
        layout=Layout(media_type="x", pages=(page,)),
        cells=tuple(Cell(field=name, value=each, confidence=0.5, phase="e") for name, each in values.items()),
    )


def test_the_rules_turn_the_values_before_into_those_after() -> None:
    policy, before = Policy(name="p", rules=tuple(load("rules"))), load("before")
    assert check_policy(policy, FIELDS, path="p") == ()
    applied = apply_policy(read_rules(policy, FIELDS), before, confidences={})
    assert {**before, **{change.field: change.after for change in applied.changes}} == load("after")
    assert applied.issues == ()


def test_the_checks_fail_what_the_page_says() -> None:
    gate = Gate(name="g", checks=tuple(load("checks")))
    assert check_gate(gate, FIELDS, path="g") == ()
    verdicts = judge(gate, make_record(load("judged")), FIELDS, phase="v")
    failed = sorted(f"{v.field}  {v.check}  {v.reason}  {v.message}" for v in verdicts if not v.passed)
    assert failed == block("text failed").splitlines()


@pytest.mark.parametrize(("source", "expected"), EXPRESSIONS)
def test_an_expression_is_what_the_page_says(source: str, expected: str) -> None:
    value = compile_expression(source.replace(r"\|", "|"), fields=FIELDS).evaluate(load("values"))
    assert json.dumps(value) == expected


def test_the_assembly_is_right() -> None:
    assert check_assembly(load("assembly"), FIELDS, path="a") == ()


def test_every_rule_and_format_is_named() -> None:
    assert len(EXPRESSIONS) > 10
    assert [word for word in (*KEYS, *FORMATS) if word not in PAGE] == []
