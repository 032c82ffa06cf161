"""A spec file says what a person meant, or everything that is wrong with it, each with its line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docrail.core.errors import InvalidInput
from docrail.core.model import Severity
from docrail.core.spec import Field, FieldType, Gate, Policy, Spec, Stage
from docrail.core.spec_build import spec_digest, spec_to_document
from docrail.core.spec_file import parse_spec, read_spec

FULL = """\
name: Invoices
description: What suppliers send.
fields:
  number:
    title: Invoice number
    required: true
    synonyms: [Rechnungsnummer, Numéro]
    term: BT-1
  country: {enum: [no, de, "yes"], locale: de-DE}
  date: {type: [string, "null"], format: date, examples: [2024-01-31]}
  total: {type: number, format: money, minimum: 0, maximum: 1e6, requires_review: true}
  lines:
    type: array
    items:
      type: object
      properties:
        text: {pattern: "^.+$", description: What was sold.}
        amount: {type: number}
policies:
  - name: dates
    rules:
      - {format: date, field: date}
  - {name: off, active: false, rules: [{format: date, field: date}]}
gates:
  - name: complete
    severity: warning
    fields: [number]
    checks: [required, {min_confidence: 0.5}]
rail:
  - type: registry
  - {type: schema, name: Read}
  - {type: resolve, policies: [dates]}
  - {type: valid, json: {gates: [complete]}}
"""
SMALL = "name: Notes\nfields: {title: {}}\nrail: [{type: schema}]\n"


def places(text: str) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.path) for problem in read_spec(text, origin="spec.yaml").problems]


def messages(text: str) -> list[str]:
    return [problem.message for problem in read_spec(text, origin="spec.yaml").problems]


def test_a_whole_spec_is_read() -> None:
    expected = Spec(
        name="Invoices",
        description="What suppliers send.",
        fields=(
            Field(
                name="number",
                title="Invoice number",
                required=True,
                synonyms=("Rechnungsnummer", "Numéro"),
                term="BT-1",
            ),
            Field(name="country", enum=("no", "de", "yes"), locale="de_DE"),
            Field(name="date", format="date", examples=("2024-01-31",)),
            Field(
                name="total",
                type=FieldType.NUMBER,
                format="money",
                minimum=0,
                maximum=1e6,
                requires_review=True,
            ),
            Field(
                name="lines",
                type=FieldType.ARRAY,
                items=(
                    Field(name="text", pattern="^.+$", description="What was sold."),
                    Field(name="amount", type=FieldType.NUMBER),
                ),
            ),
        ),
        policies=(
            Policy(name="dates", rules=({"format": "date", "field": "date"},)),
            Policy(name="off", rules=({"format": "date", "field": "date"},), active=False),
        ),
        gates=(
            Gate(
                name="complete",
                checks=({"check": "required"}, {"min_confidence": 0.5}),
                severity=Severity.WARNING,
                fields=("number",),
            ),
        ),
        rail=(
            Stage(type="registry"),
            Stage(type="schema", name="Read"),
            Stage(type="resolve", json={"policies": ["dates"]}),
            Stage(type="valid", json={"gates": ["complete"]}),
        ),
    )

    assert parse_spec(FULL, origin="spec.yaml") == expected


def test_the_smallest_spec_is_a_name_a_field_and_a_rail() -> None:
    assert parse_spec(SMALL, origin="spec.yaml") == Spec(
        name="Notes", fields=(Field(name="title"),), rail=(Stage(type="schema"),)
    )


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_is_read_like_yaml(indent: int | str | None) -> None:
    expected = parse_spec(FULL, origin="spec.yaml")
    text = json.dumps(spec_to_document(expected), indent=indent)

    assert parse_spec(text, origin="spec.json") == expected


def test_an_emoji_that_json_writes_as_two_escapes_is_one_character() -> None:
    text = json.dumps({"name": "Bills 🧾 \\ud83d", "fields": {"x": {}}, "rail": [{"type": "schema"}]})

    assert parse_spec(text, origin="spec.json").name == "Bills 🧾 \\ud83d"


def test_the_type_follows_from_items_and_properties() -> None:
    text = "{name: n, fields: {a: {items: {properties: {b: {}}}}, c: {properties: {d: {}}}}, rail: [{type: schema}]}"

    a, c = parse_spec(text, origin="x").fields

    assert (a.type, a.items) == (FieldType.ARRAY, (Field(name="b"),))
    assert (c.type, c.items) == (FieldType.OBJECT, (Field(name="d"),))


def test_every_problem_has_its_line() -> None:
    text = """\
name: Invoices
colour: red
fields:
  total:
    type: nubmer
    synonym: [Sum]
    required: yes
  total: {}
gates:
  - name: g
    severity: blockin
    checks: [required]
rail:
  - {type: shema}
  - type: resolve
    polices: [dates]
"""
    assert places(text) == [
        (2, "colour"),
        (5, "fields.total.type"),
        (6, "fields.total.synonym"),
        (7, "fields.total.required"),
        (8, "fields.total"),
        (11, "gates[0].severity"),
        (14, "rail[0].type"),
        (16, "rail[1].polices"),
    ]


def test_lines_are_right_in_json_too() -> None:
    text = '{\n\t"name": "x",\n\t"fields": {\n\t\t"a": {"typ": "string"}\n\t},\n\t"rail": [\n\t\t{}\n\t]\n}'

    assert places(text) == [(4, "fields.a.typ"), (7, "rail[0]")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("type: number,", "type: nubmer,"), "here stands 'nubmer'; did you mean 'number'?"),
        (("synonyms:", "synonims:"), "unknown key 'synonims'; did you mean 'synonyms'?"),
        (("severity: warning", "severity: error"), "'error' is none of info, warning, blocking"),
        (("required: true", "required: yes"), "must be true or false: here it says of this one field"),
        (("term: BT-1", "term: BT1"), "must be a business term of EN 16931, such as BT-1; here stands 'BT1'"),
        (("locale: de-DE", "locale: german"), "must be a locale such as de_DE or en; here stands 'german'"),
        (("minimum: 0", "minimum: '0'"), "must be a number, not '0'"),
        (("type: [string, ", "type: [string, number, "), "must be one type, alone or in a list with null"),
        (("name: Invoices", "name: "), "must be text, not nothing"),
        (("name: Invoices", "nam: Invoices"), "needs 'name'"),
        (("rail:", "rail: []\nx:"), "must not be empty"),
        (("type: registry", "typ: registry"), "needs 'type'"),
        (("rules:", "ruls:"), "needs 'rules'"),
        (("type: resolve, policies", "type: resolve, gates"), "unknown key 'gates'"),
        (
            ("json: {gates", "gates: [complete], json: {gates"),
            "'gates' stands here and in json; write it once",
        ),
    ],
)
def test_messages_say_what_to_do(change: tuple[str, str], message: str) -> None:
    text = FULL.replace(*change, 1)

    assert text != FULL
    assert any(message in one for one in messages(text)), messages(text)


def test_a_second_key_says_where_the_first_one_stands() -> None:
    text = SMALL.replace("fields: {title: {}}", "fields:\n  title: {}\n  other: {}\n  title: {}")

    assert messages(text) == ["'title' stands here a second time (first on line 3)"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("just text", "must be an object (keys with values), not 'just text'"),
        ("[]", "must be an object (keys with values), not the list []"),
        (f"{SMALL}---\n{SMALL}", "a second document begins here; write one spec in a file"),
        ("name: [1, 2", "this is not YAML"),
        ("a: b: c", "put the text in quotes"),
        ("a:\n\t- b", "indent with spaces"),
        ("a: \x07", "a character that no text has"),
        ("a: *b", "no anchor '&b' stands before this"),
        ("a: &a {b: *a}", "no anchor '&a' stands before this"),
        ("a: {<<: {b: c}}", "merge keys (<<) are not read"),
        ("? [a]\n: b", "a key must be text"),
        (
            "name: !!python/object/apply:os.system [id]",
            "the tag 'tag:yaml.org,2002:python/object/apply:os.system'",
        ),
        ("name: !!timestamp 2024-01-31", "is not read; remove it"),
        ("[" * 100_000, "exceeded maximum nesting depth"),
        ("{a: " * 60, "is nested deeper than 50 levels"),
        ("x: " + "y" * 1_000_000, "is larger than 1,000,000 bytes"),
    ],
)
def test_a_text_that_is_no_spec_is_refused_with_a_reason(text: str, message: str) -> None:
    assert any(message in one for one in messages(text)), messages(text)


def test_a_billion_laughs_are_not_unfolded() -> None:
    rows = [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 10)]
    text = "\n".join(["x0: &x0 [lol]", *rows])

    assert any("holds more than 100,000 values" in one for one in messages(text))


def test_aliases_do_not_make_a_value_deeper_than_allowed() -> None:
    rows = [f"x{n}: &x{n} {'[' * 40}*x{n - 1}{']' * 40}" for n in range(1, 50)]

    assert any("nested deeper" in one for one in messages("\n".join(["x0: &x0 [lol]", *rows])))


def test_an_anchor_saves_writing() -> None:
    text = "{name: n, fields: {a: &money {type: number, format: money}, b: *money}, rail: [{type: schema}]}"
    a, b = parse_spec(text, origin="x").fields

    assert (a.format, b.format) == ("money", "money")


@pytest.mark.parametrize(
    "text",
    ["no", "yes", "on", "2024-01-31", "12:30:00", "007", "+49", "1_000", "0x1F", ".nan", ".inf", "1e999"],
)
def test_what_yaml_would_change_stays_text(text: str) -> None:
    spec = parse_spec(SMALL.replace("{}", f"{{examples: [{text}]}}"), origin="x")

    assert spec.fields[0].examples == (text,)


def test_a_number_too_large_for_a_machine_stays_text() -> None:
    spec = parse_spec(SMALL.replace("{}", "{examples: [123456789012345678901234567890, 12]}"), origin="x")

    assert spec.fields[0].examples == ("123456789012345678901234567890", 12)


def test_keys_are_always_text() -> None:
    spec = parse_spec("name: n\nfields: {no: {}, 2024: {}, null: {}}\nrail: [{type: schema}]", origin="x")

    assert [field.name for field in spec.fields] == ["no", "2024", "null"]


def test_parse_raises_everything_at_once_and_names_the_file() -> None:
    with pytest.raises(InvalidInput, match=r"spec\.yaml has 2 problems") as caught:
        parse_spec("name: x\nfields: {a: {b: c}}\nrail: [{type: d}]", origin="spec.yaml")

    assert [problem.path for problem in caught.value.problems] == ["fields.a.b", "rail[0].type"]


def test_a_spec_with_small_mistakes_is_still_made_out_to_find_more() -> None:
    file = read_spec(SMALL.replace("{title: {}}", "{title: {typ: x}, b: 3}"), origin="x")

    assert file.spec == Spec(
        name="Notes", fields=(Field(name="title"), Field(name="b")), rail=(Stage(type="schema"),)
    )
    assert len(file.problems) == 2


def test_the_digest_is_that_of_the_content_not_of_the_layout() -> None:
    spec = parse_spec(FULL, origin="spec.yaml")
    document = spec_to_document(spec)
    shuffled = json.dumps(dict(reversed(document.items())), indent=1).replace("1000000.0", "1e6")

    assert spec_digest(parse_spec(shuffled, origin="spec.json")) == spec_digest(spec)
    assert spec_digest(parse_spec(FULL.replace("BT-1", "BT-2"), origin="x")) != spec_digest(spec)


_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8
).filter(lambda word: bool(word.strip()))
_FIELDS = st.builds(
    Field,
    name=_WORDS,
    type=st.sampled_from([FieldType.STRING, FieldType.NUMBER, FieldType.ARRAY]),
    title=st.none() | _WORDS,
    synonyms=st.lists(_WORDS, max_size=2).map(tuple),
    examples=st.lists(_WORDS | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e9, 1e9), max_size=2).map(
        tuple
    ),
    required=st.booleans(),
)


@given(_WORDS, st.lists(_FIELDS, min_size=1, max_size=4, unique_by=lambda field: field.name))
def test_a_spec_written_as_a_document_is_read_back(name: str, fields: list[Field]) -> None:
    spec = Spec(name=name, fields=tuple(fields), rail=(Stage(type="schema"),))

    assert parse_spec(json.dumps(spec_to_document(spec)), origin="x") == spec
    assert parse_spec(json.dumps(spec_to_document(spec), ensure_ascii=False), origin="x") == spec


@given(st.text(max_size=200))
def test_any_text_is_either_a_spec_or_refused(text: str) -> None:
    file = read_spec(text, origin="x")

    assert file.problems or file.spec
