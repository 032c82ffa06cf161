"""Parquet through DuckDB: typed columns, dates as ISO text, arrays and objects as JSON text."""

import glob
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import duckdb
import msgspec

from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Value
from docrail.store.rows import to_json
from docrail.usecases.export_table import Column, ColumnType, Table, as_text

MOST_PROBLEMS = 20
LARGEST_LINE = 16_777_216
ROW_GROUP = 40_960
MISFIT = "Parquet columns have one type, and some values are of another: correct them, or export as csv, jsonl or xlsx"

_SETTINGS: Mapping[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "256MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_SQL_TYPES = {ColumnType.NUMBER: "DOUBLE", ColumnType.INTEGER: "BIGINT", ColumnType.BOOLEAN: "BOOLEAN"}
_Fit: TypeAlias = Callable[[Value], Value]


def write_parquet(table: Table, target: Path) -> int:
    """Write the table; the number of its rows.

    Raises InvalidInput, with the first problems, where a value is not of its column's type.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".parquet-") as folder:
        lines = Path(folder).resolve() / "rows.jsonl"
        count, longest = _write_lines(table, lines)
        with duckdb.connect(config={**_SETTINGS, "temp_directory": folder}) as connection:
            try:
                connection.execute(_copy(table.columns, lines, target, longest=longest))
            except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
                raise OSError(str(error)) from error
    return count


def _write_lines(table: Table, target: Path) -> tuple[int, int]:
    """The rows, fitting, as JSON: how many, and the length of the longest line in bytes."""
    fits = [_FITS[column.type] for column in table.columns]
    names = [f"c{n}" for n in range(len(fits))]
    encode = msgspec.json.Encoder().encode
    problems: list[Problem] = []
    count = longest = 0
    with target.open("wb") as file:
        for row in table.rows:
            fitting = _fitted(fits, row)
            if fitting is None:
                problems += _misfits(table.columns, row)
                if len(problems) >= MOST_PROBLEMS:
                    break
                continue
            line = encode(dict(zip(names, fitting, strict=True)))
            file.write(line + b"\n")
            count, longest = count + 1, max(longest, len(line))
    if problems:
        raise InvalidInput(MISFIT, tuple(problems[:MOST_PROBLEMS]))
    return count, longest


def _fitted(fits: Sequence[_Fit], row: Sequence[Value]) -> list[Value] | None:
    """The values as their columns hold them; None if one does not fit."""
    try:
        return [None if value is None else fit(value) for fit, value in zip(fits, row, strict=True)]
    except _Misfit:
        return None


class _Misfit(Exception):  # noqa: N818 - never leaves this module
    """A value is not of its column's type."""


def _misfits(columns: Sequence[Column], row: Sequence[Value]) -> list[Problem]:
    return [
        Problem(path=column.name, message=f"{row[0]} ({row[1]}): not a value of type {column.type}")
        for column, value in zip(columns, row, strict=True)
        if _fitted([_FITS[column.type]], [value]) is None
    ]


def _number(value: Value) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Misfit
    return float(value)


def _integer(value: Value) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise _Misfit
    if not -(2**63) <= value < 2**63:
        raise _Misfit
    return int(value)


def _boolean(value: Value) -> Value:
    if not isinstance(value, bool):
        raise _Misfit
    return value


_FITS: Mapping[ColumnType, _Fit] = {
    ColumnType.TEXT: as_text,
    ColumnType.ANY: as_text,
    ColumnType.JSON: to_json,
    ColumnType.NUMBER: _number,
    ColumnType.INTEGER: _integer,
    ColumnType.BOOLEAN: _boolean,
}


def _copy(columns: Sequence[Column], lines: Path, target: Path, *, longest: int) -> str:
    names = ", ".join(f'c{n} AS "{_double(column.name, chr(34))}"' for n, column in enumerate(columns))
    types = ", ".join(f"c{n}: '{_SQL_TYPES.get(column.type, 'VARCHAR')}'" for n, column in enumerate(columns))
    source = (
        f"read_json({_quote(glob.escape(str(lines)))}, format = 'newline_delimited', columns = {{{types}}}, "
        f"maximum_object_size = {max(LARGEST_LINE, longest + 2)})"
    )
    options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}"
    return f"COPY (SELECT {names} FROM {source}) TO {_quote(str(target))} ({options})"


def _quote(text: str) -> str:
    return f"'{_double(text, chr(39))}'"


def _double(text: str, mark: str) -> str:
    return text.replace(mark, mark * 2)
