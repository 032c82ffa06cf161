"""XLSX: a sheet a page, values as the sheet shows them; hidden sheets, rows and columns are kept apart."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from docrail.core.errors import DocumentError
from docrail.core.model import Hidden, Issue, Layout, Page, Source
from docrail.reading.grid import Grid, GridCell
from docrail.reading.limits import Terms
from docrail.reading.package import Package
from docrail.reading.xlsx_formats import Formats, read_formats

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_WORKBOOK = "xl/workbook.xml"
_YES = ("1", "true")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """What all sheets share."""

    package: Package
    strings: tuple[str, ...]
    formats: Formats
    terms: Terms


@dataclass(slots=True)
class _Sheet:
    """Cells by (row, column), counted from 1, sparse: a sheet may declare 17 billion cells and hold two."""

    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    is_cut: bool = False


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a workbook. Formulas are never evaluated: their last stored value is shown."""
    package = Package(data, limits=terms.limits)
    workbook = package.tree(_WORKBOOK)
    book = _Book(
        package=package, strings=_read_strings(package), formats=read_formats(package, workbook), terms=terms
    )
    related = package.related(_WORKBOOK)
    pages: list[Page] = []
    cut: list[str] = []
    for element in list(workbook.iter(f"{_S}sheet"))[: terms.limits.pages]:
        kind, part = related.get(element.get(f"{_R}id", ""), ("", ""))
        if kind != "worksheet":
            continue
        sheet = _read_sheet(part, book=book)
        is_hidden = element.get("state") in ("hidden", "veryHidden")
        pages.append(_lay_out(sheet, number=len(pages) + 1, is_hidden=is_hidden, terms=terms))
        if sheet.is_cut:
            cut.append(element.get("name", ""))
    return Layout(media_type=media_type, pages=tuple(pages), issues=_find_issues(pages, cut))


def _find_issues(pages: list[Page], cut: list[str]) -> tuple[Issue, ...]:
    issues = []
    if any(page.hidden for page in pages):
        message = (
            "Hidden sheets, rows or columns were set apart: show them in the workbook if they are meant."
        )
        issues.append(Issue(code="hidden_text", message=message))
    if cut:
        message = (
            f"Not all rows of {', '.join(cut[:5])} were read: split the file or raise the limit of cells."
        )
        issues.append(Issue(code="cut_short", message=message))
    return tuple(issues)


def _read_strings(package: Package) -> tuple[str, ...]:
    part = "xl/sharedStrings.xml"
    return tuple(_text(item) for item in package.tree(part).iter(f"{_S}si")) if part in package.names else ()


def _text(item: etree._Element) -> str:
    """The text of a string, without its reading aids."""
    return "".join(
        element.text or ""
        for element in item.iter(f"{_S}t")
        if next(element.iterancestors(f"{_S}rPh"), None) is None
    )


def _read_sheet(part: str, *, book: _Book) -> _Sheet:
    sheet = _Sheet()
    characters = 0
    for element in _parse(book.package.read(part)):
        if element.tag == f"{_S}col":
            if element.get("hidden") in _YES:
                sheet.hidden_columns.append((_number(element.get("min")), _number(element.get("max"))))
            continue
        for column, text in _read_row(element, book=book):
            characters += len(text)
            _put(sheet, element, column=column, text=text, row=_number(element.get("r")))
        element.clear()
        if len(sheet.cells) > book.terms.limits.cells or characters > book.terms.limits.characters:
            sheet.is_cut = True
            break
    return sheet


def _parse(data: bytes) -> Iterator[etree._Element]:
    """Column settings and rows as they end; a large sheet never stands in memory as a tree."""
    events = etree.iterparse(
        io.BytesIO(data),
        tag=(f"{_S}col", f"{_S}row"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )
    try:
        for _, element in events:
            yield element
    except etree.XMLSyntaxError as error:
        raise DocumentError(
            f"A sheet is damaged ({error}): save the workbook again.", code="unreadable"
        ) from error


def _read_row(row: etree._Element, *, book: _Book) -> Iterator[tuple[int, str]]:
    column = 0
    for cell in row.iter(f"{_S}c"):
        column = _column(cell.get("r", "")) or column + 1
        text = _show(cell, book=book)
        if text:
            yield column, text


def _put(sheet: _Sheet, element: etree._Element, *, row: int, column: int, text: str) -> None:
    unseen = element.get("hidden") in _YES or any(low <= column <= high for low, high in sheet.hidden_columns)
    if unseen:
        sheet.hidden.append(text)
    else:
        sheet.cells[row, column] = text


def _show(cell: etree._Element, *, book: _Book) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell).strip()
    value = cell.findtext(f"{_S}v", "").strip()
    if kind == "s":
        index = int(value) if value.isdigit() else -1
        return book.strings[index].strip() if 0 <= index < len(book.strings) else ""
    if kind == "b":
        return "TRUE" if value == "1" else "FALSE"
    return book.formats.show(value, style=_number(cell.get("s"))) if kind == "n" and value else value


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() else 0


def _column(address: str) -> int:
    """The number of a column by its letters: `AB12` is 28; 0 without letters."""
    number = 0
    for letter in address.upper():
        if not "A" <= letter <= "Z":
            break
        number = number * 26 + ord(letter) - 64
    return number


def _lay_out(sheet: _Sheet, *, number: int, is_hidden: bool, terms: Terms) -> Page:
    """Rows and columns that hold something, close together; each cell keeps its real address."""
    grid = Grid()
    hidden = [Hidden(text=" ".join(sheet.hidden), reason="hidden row or column")] if sheet.hidden else []
    if is_hidden:
        hidden.append(Hidden(text=" ".join(sheet.cells.values()), reason="hidden sheet"))
    elif sheet.cells:
        columns = sorted({column for _, column in sheet.cells})
        rows = sorted({row for row, _ in sheet.cells})
        most = max(terms.limits.cells // len(columns), 1)
        sheet.is_cut = sheet.is_cut or len(rows) > most
        grid.add_table(
            [
                [
                    GridCell(text=sheet.cells.get((row, column), ""), address=f"R{row}C{column}")
                    for column in columns
                ]
                for row in rows[:most]
            ]
        )
    return grid.page(number=number, source=Source.CELLS, hidden=hidden)
