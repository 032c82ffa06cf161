"""A plain JSON Schema or a Pydantic model is a spec too."""

import json
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Optional

import jsonschema_rs
import pytest
from pydantic import BaseModel
from pydantic import Field as ModelField

from docrail.core.plan import compile_rail
from docrail.core.spec import Field, FieldType, Spec, Stage
from docrail.core.spec_file import parse_spec, read_spec, spec_from_model
from docrail.core.spec_schema import spec_schema

DATA = Path("/work/shared/data")


class Kind(Enum):
    BILL = "bill"
    CREDIT = "credit"


class Line(BaseModel):
    text: str
    amount: Decimal | None = None


class Invoice(BaseModel):
    """What suppliers send."""

    number: str = ModelField(title="Number", json_schema_extra={"synonyms": ["Nr."]}, examples=["R-1"])
    issued: date | None = None
    total: Decimal = ModelField(description="With tax.")
    paid: bool = False
    kind: Kind = Kind.BILL
    language: Literal["de", "fr"] | None = None
    lines: list[Line] = []
    tags: list[str] = []
    seller: Line | None = None


class Tree(BaseModel):
    name: str
    parts: list["Tree"] = []
    parent: Optional["Tree"] = None


def schema(**properties: Any) -> str:
    return json.dumps({"title": "T", "type": "object", "properties": properties})


def only_field(text: str) -> Field:
    (field,) = parse_spec(text, origin="x").fields
    return field


def test_a_pydantic_model_is_a_spec() -> None:
    line = (
        Field(name="text", title="Text", required=True),
        Field(name="amount", title="Amount", type=FieldType.NUMBER),
    )

    assert spec_from_model(Invoice) == Spec(
        name="Invoice",
        description="What suppliers send.",
        fields=(
            Field(name="number", title="Number", required=True, synonyms=("Nr.",), examples=("R-1",)),
            Field(name="issued", title="Issued", format="date"),
            Field(name="total", title="Total", type=FieldType.NUMBER, description="With tax.", required=True),
            Field(name="paid", title="Paid", type=FieldType.BOOLEAN),
            Field(name="kind", title="Kind", enum=("bill", "credit")),
            Field(name="language", title="Language", enum=("de", "fr")),
            Field(name="lines", title="Lines", type=FieldType.ARRAY, items=line),
            Field(name="tags", title="Tags", type=FieldType.ARRAY),
            Field(name="seller", title="Line", type=FieldType.OBJECT, items=line),
        ),
        rail=(Stage(type="registry"), Stage(type="schema")),
    )


def test_the_json_schema_of_a_model_is_the_same_spec_as_the_model() -> None:
    text = json.dumps(Invoice.model_json_schema(), indent=2)

    assert parse_spec(text, origin="invoice.json") == spec_from_model(Invoice)


def test_a_model_that_contains_itself_comes_to_an_end() -> None:
    spec = spec_from_model(Tree)

    assert [field.name for field in spec.fields] == ["name", "parts", "parent"]
    compile_rail(spec)


def test_a_schema_without_a_title_is_called_after_its_file() -> None:
    text = json.dumps({"properties": {"a": {}}})

    assert parse_spec(text, origin="/specs/purchase_orders.schema.json").name == "Purchase orders"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": ["null", "integer"]}, Field(name="a", type=FieldType.INTEGER)),
        ({"anyOf": [{"type": "null"}, {"type": "string", "format": "date"}]}, Field(name="a", format="date")),
        ({"oneOf": [{"const": "x"}, {"const": "y"}]}, Field(name="a", enum=("x", "y"))),
        ({"const": 3}, Field(name="a", type=FieldType.INTEGER, enum=(3,))),
        ({"enum": ["x", None]}, Field(name="a", enum=("x",))),
        ({"allOf": [{"type": "number"}, {"minimum": 1}], "title": "A"},
         Field(name="a", type=FieldType.NUMBER, minimum=1, title="A")),
        (True, Field(name="a")),
        ({"minLength": 3, "default": "x"}, Field(name="a")),
        ({"items": {"properties": {"b": {}}, "required": ["b"]}},
         Field(name="a", type=FieldType.ARRAY, items=(Field(name="b", required=True),))),
    ],
)  # fmt: skip
def test_json_schema_keywords_keep_their_meaning(body: object, expected: Field) -> None:
    assert only_field(schema(a=body)) == expected


def test_references_are_followed_within_the_file() -> None:
    text = json.dumps(
        {
            "$ref": "#/definitions/Doc",
            "definitions": {
                "Doc": {
                    "title": "Doc",
                    "properties": {"a/b": {"$ref": "#/definitions/odd~1name%20x", "title": "T"}},
                },
                "odd/name x": {"type": "integer", "title": "weaker"},
            },
        }
    )

    assert only_field(text) == Field(name="a/b", type=FieldType.INTEGER, title="T")


@pytest.mark.parametrize(
    "reference", ["#/$defs/none", "https://example.org/x.json", "file:///etc/passwd", "#/title"]
)
def test_a_reference_out_of_the_file_is_a_problem(reference: str) -> None:
    file = read_spec(json.dumps({"properties": {"a": {"$ref": reference}}}, indent=1), origin="x")

    assert [(problem.line, problem.path) for problem in file.problems] == [(4, "properties.a.$ref")]
    assert f"'{reference}' is not found in this file" in file.problems[0].message


def test_references_that_go_round_come_to_an_end() -> None:
    assert only_field(
        json.dumps({"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"$ref": "#/$defs/b"}}})
    ) == Field(name="a")


def test_references_that_fan_out_are_stopped() -> None:
    defs = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 9} for n in range(20)}
    file = read_spec(json.dumps({"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": defs}), origin="x")

    assert any("too many references" in problem.message for problem in file.problems)


def test_problems_of_a_json_schema_have_its_lines() -> None:
    text = '{\n"properties": {\n"a": {"type": "nubmer"},\n"b": 3,\n"c": {"pattern": 5}}}'
    file = read_spec(text, origin="x")

    assert [(problem.line, problem.path) for problem in file.problems] == [
        (3, "fields.a.type"),
        (4, "properties.b"),
        (5, "fields.c.pattern"),
    ]


@pytest.mark.parametrize("path", sorted(DATA.glob("*/schema*.json")), ids=lambda path: f"{path.parent.name}")
def test_the_schemas_of_the_sample_data_are_specs(path: Path) -> None:
    compile_rail(parse_spec(path.read_text(encoding="utf-8"), origin=path.name))


def test_the_published_schema_is_a_schema_and_documents_everything() -> None:
    jsonschema_rs.meta.validate(spec_schema())

    assert list(_undocumented(spec_schema(), "")) == []


def _undocumented(part: object, path: str) -> list[str]:
    if not isinstance(part, dict):
        return [one for entry in part for one in _undocumented(entry, path)] if isinstance(part, list) else []
    named = path.endswith(("/properties", "/$defs"))
    is_schema = bool({"type", "enum", "anyOf", "const", "properties"} & set(part)) and not named
    missing = [path] if is_schema and not {"title", "description"} <= set(part) else []
    return missing + [
        one
        for key, value in part.items()
        if key != "examples"
        for one in _undocumented(value, f"{path}/{key}")
    ]
