"""The two tables of an export, the same for every format: plain has a row a record, audit a row a cell."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from docrail.bootstrap import Program
from docrail.core.model import Value
from docrail.core.plan import Plan
from docrail.core.spec import FieldType
from docrail.store.rows import to_json
from docrail.store.runs import Run, read_run
from docrail.store.thresholds import NONE, Thresholds
from docrail.store.values import every_values
from docrail.usecases.composed import ComposedRow, every_composed, is_composed
from docrail.usecases.passports import every_passport

Rows: TypeAlias = Generator[Sequence[Value], None, None]


class ColumnType(StrEnum):
    """What a column holds. `json` is arrays and objects; `any` a value of any field, each as it is."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    JSON = "json"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    name: str
    type: ColumnType = ColumnType.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns, and rows that are read as they are asked for, each with a value for every column.

    Close `rows`: while they are read, a transaction keeps one state of the database."""

    columns: tuple[Column, ...]
    rows: Rows


AUDIT_COLUMNS = (
    Column(name="document_id"),
    Column(name="filename"),
    Column(name="digest"),
    Column(name="field"),
    Column(name="value", type=ColumnType.ANY),
    Column(name="status"),
    Column(name="confidence", type=ColumnType.NUMBER),
    Column(name="phase"),
    Column(name="method"),
    Column(name="page", type=ColumnType.INTEGER),
    Column(name="box", type=ColumnType.JSON),
    Column(name="quote"),
    Column(name="before", type=ColumnType.ANY),
    Column(name="address"),
    Column(name="detail"),
    Column(name="model"),
    Column(name="prompt_digest"),
    Column(name="verdicts", type=ColumnType.JSON),
    Column(name="hold_reason"),
    Column(name="reviewer"),
    Column(name="review_reason"),
    Column(name="decided_at"),
)
_GROUP = (Column(name="group"), Column(name="status"), Column(name="documents", type=ColumnType.JSON))
_DOCUMENT = (Column(name="document_id"), Column(name="filename"), Column(name="status"))
_TYPES = {
    FieldType.STRING: ColumnType.TEXT,
    FieldType.NUMBER: ColumnType.NUMBER,
    FieldType.INTEGER: ColumnType.INTEGER,
    FieldType.BOOLEAN: ColumnType.BOOLEAN,
    FieldType.ARRAY: ColumnType.JSON,
    FieldType.OBJECT: ColumnType.JSON,
}


def plain_table(program: Program, run_id: str, thresholds: Thresholds = NONE) -> Table:
    """A row a record: composed records once assembly has completed, else documents. Raises NotFound."""
    with program.database.reading() as connection:
        run = read_run(connection, run_id, workspace_id=program.workspace)
        composed = is_composed(connection, run)
    if composed:
        return Table(
            columns=plain_columns(run.plan, composed=True), rows=_composed_rows(program, run, thresholds)
        )
    return Table(
        columns=plain_columns(run.plan, composed=False), rows=_document_rows(program, run, thresholds)
    )


def audit_table(program: Program, run_id: str, thresholds: Thresholds = NONE) -> Table:
    """A row a cell of every completed or partial document, fields in the order of the spec. Raises NotFound."""
    with program.database.reading() as connection:
        run = read_run(connection, run_id, workspace_id=program.workspace)
    rows = (row for row in every_passport(program, run.id, thresholds))
    return Table(columns=AUDIT_COLUMNS, rows=rows)


def plain_columns(plan: Plan, *, composed: bool) -> tuple[Column, ...]:
    """The fixed columns before the fields; one that a field is named like gives way with a `docrail_`."""
    fields = tuple(Column(name=field.name, type=_TYPES[field.type]) for field in plan.fields)
    taken = {column.name.casefold() for column in fields}
    fixed = _GROUP if composed else _DOCUMENT
    return (*(replace(column, name=_free(column.name, taken)) for column in fixed), *fields)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"docrail_{name}"
    return name


def _document_rows(program: Program, run: Run, thresholds: Thresholds) -> Rows:
    names = [field.name for field in run.plan.fields]
    with program.database.reading() as connection:
        for document, state, values in every_values(connection, run.id, thresholds):
            yield [document.id, document.filename, state.value, *map(values.get, names)]


def _composed_rows(program: Program, run: Run, thresholds: Thresholds) -> Rows:
    with program.database.reading() as connection:
        for row in every_composed(connection, run, thresholds):
            yield [
                row.group,
                row.status,
                _documents(row),
                *(row.values[field.name] for field in run.plan.fields),
            ]


def _documents(row: ComposedRow) -> Value:
    return [{"id": each, "filename": filename} for each, filename in row.filenames.items()]


def as_text(value: Value) -> str:
    """A value as the text of a cell: strings as they are, everything else as JSON.

    >>> as_text("a"), as_text(-5), as_text(True), as_text(["a"])
    ('a', '-5', 'true', '["a"]')
    """
    return value if isinstance(value, str) else to_json(value)
