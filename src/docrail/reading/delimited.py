"""CSV and TSV: the dialect is found, every row is a line and every cell keeps its column."""

import csv
import io
from collections.abc import Iterator

from docrail.core.errors import DocumentError
from docrail.core.model import Issue, Layout, Source
from docrail.reading.decode import decode
from docrail.reading.dialect import find_delimiter
from docrail.reading.grid import Grid, GridCell
from docrail.reading.limits import Terms, cut_short
from docrail.reading.text import cut_text


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a delimited file: one page, one table. Values stay text, formulas too."""
    text, issues = decode(data)
    text, cut = cut_text(text.replace("\0", ""), terms=terms)
    text, delimiter = _take_declared(text)
    delimiter = delimiter or find_delimiter(text) or ","
    csv.field_size_limit(terms.limits.characters + 1)
    try:
        rows, over = _read_rows(text, delimiter=delimiter, terms=terms)
    except csv.Error as error:
        raise DocumentError(
            f"The table cannot be read ({error}): save it again as CSV.", code="unreadable"
        ) from error
    grid = Grid()
    grid.add_table(rows)
    found = (*issues, *cut, *over, *_check_quotes(text, rows))
    return Layout(media_type=media_type, pages=(grid.page(number=1, source=Source.CELLS),), issues=found)


def _take_declared(text: str) -> tuple[str, str | None]:
    """Excel's first line `sep=;` names the delimiter and is no row."""
    head, _, rest = text.partition("\n")
    said = head.strip().removeprefix("\ufeff")
    return (rest, said[4]) if len(said) == 5 and said.lower().startswith("sep=") else (text, None)


def _read_rows(text: str, *, delimiter: str, terms: Terms) -> tuple[list[list[GridCell]], tuple[Issue, ...]]:
    rows: list[list[GridCell]] = []
    left = terms.limits.cells
    for index, row in enumerate(_parse(text, delimiter), start=1):
        rows.append([_cell(value, row=index, column=at) for at, value in enumerate(row[:left], start=1)])
        left -= len(row)
        if left < 0:
            message = f"Only the first {len(rows) - 1:,} rows and a part of the next were read"
            return rows, (cut_short(message, limits=terms.limits, name="cells"),)
    return rows, ()


def _parse(text: str, delimiter: str) -> Iterator[list[str]]:
    # Lone carriage returns (old Macs) end lines too; the parser refuses them.
    lines = io.StringIO(text, newline=None) if "\r" in text else io.StringIO(text, newline="")
    return csv.reader(lines, delimiter=delimiter)


def _cell(value: str, *, row: int, column: int) -> GridCell:
    return GridCell(text=value.strip(), address=f"R{row}C{column}")


def _check_quotes(text: str, rows: list[list[GridCell]]) -> tuple[Issue, ...]:
    """A quote that never closes swallows the lines after it into one cell."""
    if text.count('"') % 2 == 0:
        return ()
    longest = max(
        (cell for row in rows for cell in row), key=lambda cell: cell.text.count("\n"), default=None
    )
    if longest is None:
        return ()
    message = f"A quote is not closed (cell {longest.address}): lines after it may stand in one cell. Correct the file."
    return (Issue(code="unclosed_quote", message=message),)
