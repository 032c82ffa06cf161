"""A spec is loaded from a file with the tables beside it, or from a Pydantic model."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from docrail.core.errors import InvalidInput
from docrail.core.plan import compile_rail
from docrail.usecases.specs import check_spec, load_spec

SPEC = """\
name: Orders
fields:
  vendor: {}
  vendor_id: {}
policies:
  - name: vendors
    rules:
      - {rule: lookup, from: vendor, field: vendor_id, table: TABLE, key: name, column: id}
rail:
  - {type: resolve, policies: [vendors]}
"""
MODEL = """\
from __future__ import annotations
from pydantic import BaseModel

class Part(BaseModel):
    name: str

class Order(BaseModel):
    number: str
    parts: list[Part] = []
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def _write(name: str, text: str) -> Path:
        path = tmp_path / "specs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return _write


Write = Callable[[str, str], Path]


@pytest.mark.parametrize("table", ["vendors.csv", "tables/vendors.csv"])
def test_a_table_is_read_into_its_rule(write: Write, table: str) -> None:
    write(table, "\ufeffname,id\nACME,7\n")
    path = write("spec.yaml", SPEC.replace("TABLE", table))

    spec = load_spec(path)

    assert spec.policies[0].rules[0]["csv"] == "name,id\nACME,7\n"
    compile_rail(spec)
    assert check_spec(path) == (spec, ())


def test_a_table_in_the_short_way_to_write_a_rule_is_read_too(write: Write) -> None:
    write("vendors.csv", "name,id\nACME,7\n")
    rule = "{lookup: {table: vendors.csv, key: name, column: id, from: vendor}, field: vendor_id}"
    path = write("spec.yaml", SPEC.replace(SPEC.splitlines()[7].strip("- "), rule))

    spec, problems = check_spec(path)

    assert problems == ()
    assert spec is not None


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("vendor.csv", "no file 'vendor.csv' in the folder of the spec; did you mean 'vendors.csv'?"),
        ("../secret.csv", "is outside the folder of the spec"),
        ("/etc/passwd", "is outside the folder of the spec"),
        ("link.csv", "is outside the folder of the spec"),
        ("tables", "no file 'tables'"),
        ("latin.csv", "is not UTF-8 text"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_problem_at_its_line(
    write: Write, table: str, message: str
) -> None:
    folder = write("vendors.csv", "name,id\nACME,7\n").parent
    (folder / "tables").mkdir()
    (folder / "latin.csv").write_bytes(b"name,id\nM\xfcller,7\n")
    (folder.parent / "secret.csv").write_text("name,id\nACME,7\n")
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")

    _, problems = check_spec(write("spec.yaml", SPEC.replace("TABLE", table)))

    assert [(problem.line, problem.path) for problem in problems] == [(8, "policies[0].rules[0].table")]
    assert message in problems[0].message


def test_a_table_has_a_limit(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docrail.usecases.specs.MAX_TABLE_BYTES", 10)
    write("vendors.csv", "name,id\nACME,7\n")

    with pytest.raises(InvalidInput, match="has one problem"):
        load_spec(write("spec.yaml", SPEC.replace("TABLE", "vendors.csv")))


def test_problems_of_the_text_and_of_the_rail_are_said_together(write: Write) -> None:
    text = SPEC.replace("vendor: {}", "vendor: {titel: Vendor}").replace("[vendors]", "[vendor]")

    spec, problems = check_spec(write("spec.yaml", text))

    assert spec is None
    assert [(problem.line, problem.path) for problem in problems] == [
        (3, "fields.vendor.titel"),
        (8, "policies[0].rules[0].table"),
        (10, "rail[0].json.policies[0]"),
    ]


def test_a_problem_in_a_json_spec_has_its_line(write: Write) -> None:
    text = '{"name": "x", "fields": {"a": {}},\n"rail": [\n{"type": "schema",\n"json": {"fields": ["b"]}}]}'

    _, problems = check_spec(write("spec.json", text))

    assert [(problem.line, problem.path) for problem in problems] == [(4, "rail[0].json.fields[0]")]


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.yaml", "cannot be read: No such file"), ("spec.txt", "must end in .yaml, .yml, .json")],
)
def test_a_file_that_is_no_spec_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_spec(tmp_path / name)

    _, problems = check_spec(tmp_path / name)
    assert message in problems[0].message


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()

    with pytest.raises(InvalidInput, match="cannot be read"):
        load_spec(tmp_path / "folder.yaml")


def test_a_spec_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"name: M\xfcller")

    with pytest.raises(InvalidInput, match="is not UTF-8 text"):
        load_spec(path)


def test_a_model_is_loaded_from_its_file(write: Write) -> None:
    path = write("orders.py", MODEL)

    spec = load_spec(f"{path}:Order")

    assert [field.name for field in spec.fields] == ["number", "parts"]
    assert [item.name for item in spec.fields[1].items] == ["name"]
    assert check_spec(f"{path}:Order") == (spec, ())


def test_a_model_is_loaded_from_a_module_in_the_current_folder(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write("shop_orders.py", MODEL).parent)

    assert load_spec("shop_orders:Order").name == "Order"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("Ordr", MODEL, "has no Pydantic model 'Ordr'; did you mean 'Order'?"),
        ("Order", "class Order: ...", "has no Pydantic model 'Order'"),
        ("Order", "import nothing_of_this_name", "cannot be imported: ModuleNotFoundError"),
        ("Order", "1 / 0", "cannot be imported: ZeroDivisionError"),
    ],
)
def test_a_model_that_is_not_there_is_refused(write: Write, name: str, text: str, message: str) -> None:
    source = f"{write('orders.py', text)}:{name}"

    with pytest.raises(InvalidInput) as caught:
        load_spec(source)

    assert message in caught.value.message
    assert message in check_spec(source)[1][0].message


def test_a_file_may_have_a_colon_in_its_name(write: Write) -> None:
    if os.name == "nt":
        pytest.skip("no such names on Windows")
    path = write("a:b.yaml", "name: x\nfields: {a: {}}\nrail: [{type: schema}]")

    assert load_spec(path).name == "x"
