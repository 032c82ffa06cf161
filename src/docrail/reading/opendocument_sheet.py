"""ODS: a sheet a page, cells as they are shown; hidden sheets, rows, columns and comments are kept apart."""

from collections.abc import Iterator
from itertools import product

from lxml import etree

from docrail.core.model import Layout
from docrail.reading.limits import Limits, Terms
from docrail.reading.opendocument import DRAW, OFFICE, TABLE, TEXT, Book, all_text, open_book, visible
from docrail.reading.sheet import Merge, Sheet, lay_out, sheet_issues

_CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
_MOST_REPEATS = 2_000_000


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of an OpenDocument spreadsheet. Formulas are never evaluated: what is stored is shown."""
    book = open_book(data, limits=terms.limits)
    tables = list(book.body("spreadsheet").iterchildren(f"{TABLE}table"))
    sheets = [_read_sheet(table, book=book, limits=terms.limits) for table in tables[: terms.limits.pages]]
    pages = tuple(lay_out(sheet, number=at, limits=terms.limits) for at, sheet in enumerate(sheets, start=1))
    issues = sheet_issues(sheets, found=len(tables), limits=terms.limits)
    return Layout(media_type=media_type, pages=pages, issues=issues)


def _read_sheet(table: etree._Element, *, book: Book, limits: Limits) -> Sheet:
    style = table.get(f"{TABLE}style-name")
    is_hidden = book.style_value("table", style, "table-properties", f"{TABLE}display") == "false"
    sheet = Sheet(name=table.get(f"{TABLE}name", ""), is_hidden=is_hidden)
    book.hidden = []
    unseen_columns = _find_unseen_columns(table)
    at = 1
    for row in table.iter(f"{TABLE}table-row"):
        repeats = _count(row, f"{TABLE}number-rows-repeated")
        _read_row(row, sheet, rows=range(at, at + repeats), unseen=unseen_columns, book=book, limits=limits)
        at += repeats
        if sheet.is_cut:
            break
    for shape in table.iterfind(f"{TABLE}shapes/{DRAW}*"):
        sheet.below.append((all_text(shape), "drawing"))
    for item in book.hidden:
        sheet.hide(item.text, reason=item.reason)
    return sheet


def _find_unseen_columns(table: etree._Element) -> list[range]:
    unseen = []
    at = 1
    for column in table.iter(f"{TABLE}table-column"):
        repeats = _count(column, f"{TABLE}number-columns-repeated")
        if column.get(f"{TABLE}visibility") in ("collapse", "filter"):
            unseen.append(range(at, at + repeats))
        at += repeats
    return unseen


def _read_row(
    row: etree._Element, sheet: Sheet, *, rows: range, unseen: list[range], book: Book, limits: Limits
) -> None:
    """A row stands for as many as it says are the same; a cell too."""
    is_unseen = row.get(f"{TABLE}visibility") in ("collapse", "filter")
    for columns, text, cell in _read_cells(row, book=book):
        for number, column in product(rows, columns):
            if sheet.size >= limits.cells:
                sheet.is_cut = True
                return
            if is_unseen or any(column in each for each in unseen):
                sheet.hide(text, reason="hidden row or column")
            else:
                sheet.put(number, column, text)
        _add_merge(cell, sheet, row=rows.start, column=columns.start)


def _read_cells(row: etree._Element, *, book: Book) -> Iterator[tuple[range, str, etree._Element]]:
    """(columns, text, element) of each cell that holds something."""
    at = 1
    for cell in row.iterchildren(*_CELLS):
        repeats = _count(cell, f"{TABLE}number-columns-repeated")
        columns = range(at, at + repeats)
        at += repeats
        for comment in cell.iterchildren(f"{OFFICE}annotation"):
            book.hide(all_text(comment), reason="comment")
        inside = (("table-cell", cell.get(f"{TABLE}style-name")),)
        lines = [
            visible(each, book=book, inside=inside) for each in cell.iterchildren(f"{TEXT}p", f"{TEXT}h")
        ]
        text = "\n".join(line for line in lines if line.strip()).strip()
        if not text:
            continue
        if cell.tag == _CELLS[1]:
            book.hide(text, reason="merged cell")
        else:
            yield columns, text, cell


def _add_merge(cell: etree._Element, sheet: Sheet, *, row: int, column: int) -> None:
    high = _count(cell, f"{TABLE}number-rows-spanned")
    wide = _count(cell, f"{TABLE}number-columns-spanned")
    if high > 1 or wide > 1:
        sheet.merges.append(Merge(top=row, left=column, bottom=row + high - 1, right=column + wide - 1))


def _count(element: etree._Element, name: str) -> int:
    said = element.get(name, "1")[:9]
    return min(max(int(said), 1), _MOST_REPEATS) if said.isascii() and said.isdigit() else 1
