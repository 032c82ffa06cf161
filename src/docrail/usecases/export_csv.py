r"""CSV: UTF-8, RFC 4180, lines end in \r\n, nothing is an empty field; safe to open in a spreadsheet."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from docrail.core.model import Value
from docrail.store.rows import to_json
from docrail.usecases.export_table import Column, ColumnType, Table, as_text

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How text begins that a spreadsheet may take for a formula."""

_Render: TypeAlias = Callable[[Value], str]


def write_csv(table: Table, target: Path) -> int:
    """Write the table; the number of its rows."""
    renders = [_renderer(column) for column in table.columns]
    count = 0
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([guard(column.name) for column in table.columns])
        for row in table.rows:
            writer.writerow([render(value) for render, value in zip(renders, row, strict=True)])
            count += 1
    return count


def guard(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> guard("=1+1"), guard("ACME")
    ("'=1+1", 'ACME')
    """
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _renderer(column: Column) -> _Render:
    return _json if column.type is ColumnType.JSON else _scalar


def _scalar(value: Value) -> str:
    """Numbers are never guarded: a negative amount stays a number."""
    if value is None:
        return ""
    return guard(value) if isinstance(value, str) else as_text(value)


def _json(value: Value) -> str:
    return "" if value is None else to_json(value)
