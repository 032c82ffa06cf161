"""XLSX: one sheet, numbers as numbers, text always as text and never as a formula."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # ships no types
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]  # ships no types

from docrail.core.errors import InvalidInput
from docrail.core.model import Value
from docrail.store.rows import to_json
from docrail.usecases.export_table import Column, ColumnType, Table

MOST_ROWS = 1_048_575
MOST_COLUMNS = 16_384
MOST_UNITS = 32_767
"""What Excel can hold: rows below the header, columns, and UTF-16 units of text in a cell."""

EXACT = 10**15
"""Excel keeps 15 digits: longer integers are written as text."""

CREATED = datetime(2000, 1, 1)
"""The creation date in every file, so that the same table gives the same bytes."""


def write_xlsx(table: Table, target: Path) -> int:
    """Write the table; the number of its rows. Raises InvalidInput if Excel cannot hold it."""
    if len(table.columns) > MOST_COLUMNS:
        raise InvalidInput(f"an Excel sheet holds {MOST_COLUMNS:,} columns: export as csv, jsonl or parquet")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".xlsx-") as folder:
        workbook = xlsxwriter.Workbook(str(target), {"constant_memory": True, "tmpdir": folder})
        try:
            workbook.set_properties({"created": CREATED})
            return _write_sheet(workbook, table)
        finally:
            _close(workbook)


def _close(workbook: Any) -> None:
    try:
        workbook.close()
    except FileCreateError as error:
        raise OSError(str(error)) from error


def _write_sheet(workbook: Any, table: Table) -> int:
    sheet = workbook.add_worksheet("table")
    sheet.freeze_panes(1, 0)
    bold = workbook.add_format({"bold": True})
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, _shorten(column.name), bold)
    count = 0
    for count, row in enumerate(table.rows, start=1):
        if count > MOST_ROWS:
            raise InvalidInput(f"an Excel sheet holds {MOST_ROWS:,} rows: export as csv, jsonl or parquet")
        for place, (column, value) in enumerate(zip(table.columns, row, strict=True)):
            if value is not None:
                _write_cell(sheet, count, place, column, value)
    return count


def _write_cell(sheet: Any, row: int, place: int, column: Column, value: Value) -> None:
    if column.type is ColumnType.JSON:
        sheet.write_string(row, place, _shorten(to_json(value)))
    elif isinstance(value, str):
        sheet.write_string(row, place, _shorten(value))
    elif isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) < EXACT):
        sheet.write_number(row, place, value)
    else:
        sheet.write_string(row, place, _shorten(to_json(value)))


def _shorten(text: str) -> str:
    """Text that fits into a cell of Excel; a cut one ends in an ellipsis.

    >>> len(_shorten("x" * 40_000))
    32767
    """
    if len(text) <= MOST_UNITS // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MOST_UNITS:
        return text
    return units[: 2 * (MOST_UNITS - 1)].decode("utf-16-le", "ignore") + "…"
