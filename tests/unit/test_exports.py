"""What each format makes of a table: types, dangerous text, and the limits of Excel."""

import csv
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import msgspec
import pytest
from python_calamine import load_workbook

from docrail.core.errors import InvalidInput
from docrail.core.model import Value
from docrail.core.plan import compile_rail
from docrail.core.spec import Field, Spec, Stage
from docrail.usecases import export_table, export_xlsx
from docrail.usecases.export_csv import write_csv
from docrail.usecases.export_jsonl import write_jsonl
from docrail.usecases.export_parquet import write_parquet
from docrail.usecases.export_table import Column, ColumnType, Rows, Table
from docrail.usecases.export_xlsx import write_xlsx

COLUMNS = (
    Column(name="name"),
    Column(name="amount", type=ColumnType.NUMBER),
    Column(name="count", type=ColumnType.INTEGER),
    Column(name="paid", type=ColumnType.BOOLEAN),
    Column(name="lines", type=ColumnType.JSON),
    Column(name="value", type=ColumnType.ANY),
)
FULL: Sequence[Value] = ['Müller, "A"\nß', -12.5, 3, True, [{"a": "x"}], -7]
NOTHING: Sequence[Value] = [None] * 6
Write = Callable[[Table, Path], int]


def table(*rows: Sequence[Value], columns: Sequence[Column] = COLUMNS) -> Table:
    def read() -> Rows:
        yield from rows

    return Table(columns=tuple(columns), rows=read())


def read_csv(target: Path) -> list[list[str]]:
    with target.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_csv_is_rfc_4180_and_nothing_is_empty(tmp_path: Path) -> None:
    assert write_csv(table(FULL, NOTHING), tmp_path / "t.csv") == 2
    assert (tmp_path / "t.csv").read_bytes() == (
        b"name,amount,count,paid,lines,value\r\n"
        + '"Müller, ""A""\nß",-12.5,3,true,"[{""a"":""x""}]",-7\r\n'.encode()
        + b",,,,,\r\n"
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_dangerous_text_is_defused_in_csv(tmp_path: Path, text: str) -> None:
    columns = (Column(name=text), Column(name="any", type=ColumnType.ANY))
    write_csv(table([text, text], columns=columns), tmp_path / "t.csv")
    assert read_csv(tmp_path / "t.csv") == [[f"'{text}", "any"], [f"'{text}", f"'{text}"]]


def test_text_that_is_only_dangerous_inside_and_negative_numbers_stay(tmp_path: Path) -> None:
    row: Sequence[Value] = ["a=1", -0.01, -3, None, ["=x"], -1.5e-7]
    write_csv(table(row), tmp_path / "t.csv")
    assert read_csv(tmp_path / "t.csv")[1] == ["a=1", "-0.01", "-3", "", '["=x"]', "-1.5e-7"]


def test_jsonl_keeps_values_as_they_are(tmp_path: Path) -> None:
    write_jsonl(table(FULL, NOTHING), tmp_path / "t.jsonl")
    first, second = [msgspec.json.decode(line) for line in (tmp_path / "t.jsonl").read_bytes().splitlines()]
    assert list(first.values()) == FULL
    assert second == dict.fromkeys(first)


def test_parquet_columns_have_the_types_of_the_fields(tmp_path: Path) -> None:
    write_parquet(table(FULL, NOTHING), tmp_path / "t.parquet")
    relation = duckdb.read_parquet(str(tmp_path / "t.parquet"))
    assert relation.columns == [column.name for column in COLUMNS]
    assert [str(each) for each in relation.types] == [
        "VARCHAR",
        "DOUBLE",
        "BIGINT",
        "BOOLEAN",
        "VARCHAR",
        "VARCHAR",
    ]
    assert relation.fetchall() == [(*FULL[:4], '[{"a":"x"}]', "-7"), (None,) * 6]


def test_json_text_in_parquet_can_be_asked_as_documented(tmp_path: Path) -> None:
    columns = (Column(name="lines", type=ColumnType.JSON),)
    write_parquet(table([[{"amount": 5}]], columns=columns), tmp_path / "t.parquet")
    lines = duckdb.read_parquet(str(tmp_path / "t.parquet"))
    assert lines.select("json_extract(lines, '$[0].amount')").fetchall() == [("5",)]


def test_parquet_of_no_rows_still_has_its_columns(tmp_path: Path) -> None:
    assert write_parquet(table(), tmp_path / "t.parquet") == 0
    assert duckdb.read_parquet(str(tmp_path / "t.parquet")).columns == [column.name for column in COLUMNS]


def test_parquet_holds_hard_text_names_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "it's [a] *folder*?"
    folder.mkdir()
    hard = "nul\0, tab\t, quote\" ' and \U0001f600"
    columns = (Column(name='say "hi"'), Column(name="it's", type=ColumnType.INTEGER))
    write_parquet(table([hard, -(2**63)], columns=columns), folder / "t.parquet")
    relation = duckdb.sql("SELECT * FROM read_parquet(?)", params=[glob_free(folder / "t.parquet", tmp_path)])
    assert relation.columns == ['say "hi"', "it's"]
    assert relation.fetchall() == [(hard, -(2**63))]


def glob_free(target: Path, folder: Path) -> str:
    return str(target.rename(folder / "plain.parquet"))


@pytest.mark.parametrize(
    ("place", "value"), [(1, "12"), (1, True), (2, 1.5), (2, 2**63), (2, "x"), (3, 1), (3, "true")]
)
def test_parquet_refuses_values_of_another_type_and_says_where(
    tmp_path: Path, place: int, value: Value
) -> None:
    row = [*NOTHING]
    row[place] = value
    with pytest.raises(InvalidInput) as raised:
        write_parquet(table(FULL, row), tmp_path / "t.parquet")
    assert [problem.path for problem in raised.value.problems] == [COLUMNS[place].name]


def test_whole_floats_fit_integer_columns(tmp_path: Path) -> None:
    row: Sequence[Value] = [None, 7, 3.0, None, None, None]
    write_parquet(table(row), tmp_path / "t.parquet")
    assert duckdb.read_parquet(str(tmp_path / "t.parquet")).fetchall()[0][1:3] == (7.0, 3)


def read_xlsx(target: Path) -> list[list[object]]:
    return [list(row) for row in load_workbook(str(target)).get_sheet_by_index(0).to_python()]


def test_xlsx_has_typed_cells_and_no_formulas(tmp_path: Path) -> None:
    row: Sequence[Value] = ["=SUM(A1)", -12.5, 3, True, ["=x"], "https://example.org"]
    write_xlsx(table(row, NOTHING), tmp_path / "t.xlsx")
    assert read_xlsx(tmp_path / "t.xlsx")[:2] == [
        ["name", "amount", "count", "paid", "lines", "value"],
        ["=SUM(A1)", -12.5, 3.0, True, '["=x"]', "https://example.org"],
    ]
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet and b"hyperlink" not in sheet


def test_xlsx_keeps_every_digit_and_cuts_only_what_excel_cannot_hold(tmp_path: Path) -> None:
    row: Sequence[Value] = ["😀" * 20_000, None, 10**16 + 1, None, None, "x" * 32_767]
    write_xlsx(table(row), tmp_path / "t.xlsx")
    name, _, count, _, _, value = read_xlsx(tmp_path / "t.xlsx")[1]
    assert (name, count, value) == ("😀" * 16_383 + "…", "10000000000000001", "x" * 32_767)


def test_xlsx_refuses_more_rows_than_excel_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_xlsx, "MOST_ROWS", 1)
    with pytest.raises(InvalidInput, match="rows"):
        write_xlsx(table(FULL, FULL), tmp_path / "t.xlsx")
    with pytest.raises(InvalidInput, match="columns"):
        write_xlsx(table(columns=[Column(name="x")] * 16_385), tmp_path / "t.xlsx")


@pytest.mark.parametrize("write", [write_csv, write_jsonl, write_parquet, write_xlsx])
def test_the_same_table_gives_the_same_bytes(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[f"name {n}", n / 7, n, n % 2 == 0, [n], None] for n in range(5000)]
    write(table(*rows), tmp_path / "first")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    write(table(*rows), tmp_path / "second")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


@pytest.mark.parametrize("write", [write_csv, write_jsonl, write_parquet, write_xlsx])
def test_nothing_but_the_target_is_left(tmp_path: Path, write: Write) -> None:
    write(table(FULL), tmp_path / "target")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_fixed_columns_give_way_to_fields_of_their_name() -> None:
    fields = (Field(name="Status"), Field(name="docrail_status"), Field(name="total"))
    plan = compile_rail(Spec(name="s", fields=fields, rail=(Stage(type="schema"),)))
    columns = export_table.plain_columns(plan, composed=False)
    assert [column.name for column in columns] == [
        "document_id",
        "filename",
        "docrail_docrail_status",
        "Status",
        "docrail_status",
        "total",
    ]
