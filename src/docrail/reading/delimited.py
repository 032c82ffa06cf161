"""CSV and TSV: the dialect is found, every row is a line and every cell keeps its column."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from docrail.core.errors import DocumentError
from docrail.core.model import Issue, Layout, Source
from docrail.reading.decode import decode
from docrail.reading.grid import Grid, GridCell
from docrail.reading.limits import Terms
from docrail.reading.text import cut_text

_DELIMITERS = (",", ";", "\t", "|")


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a delimited file: one page, one table. Values stay text, formulas too."""
    text, issues = decode(data)
    text, cut = cut_text(text.replace("\0", ""), terms=terms)
    delimiter = find_delimiter(text)
    csv.field_size_limit(terms.limits.characters + 1)
    try:
        rows, over = _read_rows(text, delimiter=delimiter, limit=terms.limits.cells)
    except csv.Error as error:
        raise DocumentError(
            f"The table cannot be read ({error}): save it again as CSV.", code="unreadable"
        ) from error
    grid = Grid()
    grid.add_table(rows)
    found = (*issues, *cut, *over, *_check_quotes(text, rows))
    return Layout(media_type=media_type, pages=(grid.page(number=1, source=Source.CELLS),), issues=found)


def find_delimiter(text: str) -> str:
    """The delimiter that splits most of the first lines into the same number (above one) of cells.

    >>> find_delimiter("a;b;c\\n1,5;2;3\\n")
    ';'
    """
    lines = [line for line in text[:65536].splitlines()[:50] if line.strip()]
    return max(_DELIMITERS, key=lambda delimiter: _rate(lines, delimiter))


def _rate(lines: list[str], delimiter: str) -> tuple[float, int]:
    counts = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
    split = {width: times for width, times in counts.items() if width > 1}
    if not split:
        return (0.0, 0)
    width, times = max(split.items(), key=lambda item: (item[1], item[0]))
    return (times / sum(counts.values()), width)


def _read_rows(text: str, *, delimiter: str, limit: int) -> tuple[list[list[GridCell]], tuple[Issue, ...]]:
    rows: list[list[GridCell]] = []
    count = 0
    for index, row in enumerate(_parse(text, delimiter), start=1):
        count += len(row)
        if count > limit:
            message = f"Only the first {len(rows):,} rows were read ({limit:,} cells): split the file."
            return rows, (Issue(code="cut_short", message=message),)
        rows.append([_cell(value, row=index, column=column) for column, value in enumerate(row, start=1)])
    return rows, ()


def _parse(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


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
