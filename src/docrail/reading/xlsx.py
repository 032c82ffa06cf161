"""XLSX and XLSM: a sheet a page, values as the sheet shows them; what is hidden in it is kept apart."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from docrail.core.errors import DocumentError
from docrail.core.model import Layout
from docrail.reading.limits import Terms
from docrail.reading.package import Package, unread_issues
from docrail.reading.sheet import Merge, Sheet, lay_out, sheet_issues
from docrail.reading.xlsx_formats import Formats, read_formats

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_WORKBOOK = "xl/workbook.xml"
_YES = ("1", "true")
_READ = (f"{_S}sheetFormatPr", f"{_S}col", f"{_S}row", f"{_S}mergeCell")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """What all sheets share."""

    package: Package
    strings: tuple[str, ...]
    formats: Formats
    terms: Terms


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a workbook. Formulas are never evaluated: their last stored value is shown."""
    package = Package(data, limits=terms.limits)
    part = package.main_part(_WORKBOOK)
    workbook = package.tree(part)
    related = package.related(part)
    formats = read_formats(package, workbook, related)
    book = _Book(package=package, strings=_read_strings(package, related), formats=formats, terms=terms)
    elements = list(workbook.iter(f"{_S}sheet"))
    sheets = [
        _read_sheet(related[key][1], element, book=book)
        for element in elements[: terms.limits.pages]
        if (key := element.get(f"{_R}id", "")) in related and related[key][0] == "worksheet"
    ]
    pages = tuple(lay_out(sheet, number=at, limits=terms.limits) for at, sheet in enumerate(sheets, start=1))
    found = len(sheets) + max(len(elements) - terms.limits.pages, 0)
    issues = sheet_issues(sheets, found=found, limits=terms.limits)
    return Layout(media_type=media_type, pages=pages, issues=(*issues, *unread_issues(package)))


def _read_strings(package: Package, related: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    part = next((part for kind, part in related.values() if kind == "sharedStrings"), "xl/sharedStrings.xml")
    return tuple(_text(item) for item in package.tree(part).iter(f"{_S}si")) if part in package.names else ()


def _text(item: etree._Element) -> str:
    """The text of a string, without its reading aids."""
    return "".join(
        element.text or ""
        for element in item.iter(f"{_S}t")
        if next(element.iterancestors(f"{_S}rPh"), None) is None
    )


def _read_sheet(part: str, element: etree._Element, *, book: _Book) -> Sheet:
    sheet = Sheet(name=element.get("name", ""), is_hidden=element.get("state") in ("hidden", "veryHidden"))
    _read_cells(part, sheet, book=book)
    for kind, target in sorted(book.package.related(part).values()):
        if kind == "drawing":
            for at, text in enumerate(_drawing_texts(book.package.tree(target)), start=1):
                sheet.below.append((text, f"drawing[{at}]"))
        elif kind in ("comments", "threadedComment"):
            texts = (
                _text(item) for item in book.package.tree(target).iter("{*}comment", "{*}threadedComment")
            )
            sheet.hide(" ".join(text for text in texts if text), reason="comment")
    return sheet


def _drawing_texts(root: etree._Element) -> Iterator[str]:
    """The paragraphs of shapes that lie over the cells."""
    for paragraph in root.iter(f"{_A}p"):
        text = "".join(element.text or "" for element in paragraph.iter(f"{_A}t"))
        if text.strip():
            yield text


def _read_cells(part: str, sheet: Sheet, *, book: _Book) -> None:
    unseen_columns: list[tuple[int, int]] = []
    rows_are_unseen = False
    characters = row = 0
    for element in _parse(book.package.read(part)):
        if element.tag == f"{_S}sheetFormatPr":
            rows_are_unseen = element.get("zeroHeight") in _YES
        elif element.tag == f"{_S}col":
            if element.get("hidden") in _YES or _is_zero(element.get("width")):
                unseen_columns.append((_number(element.get("min")), _number(element.get("max"))))
        elif element.tag == f"{_S}mergeCell":
            _add_merge(sheet, element.get("ref", ""))
        elif not sheet.is_cut:
            row = _number(element.get("r")) or row + 1
            said = element.get("hidden")
            is_unseen = said in _YES or _is_zero(element.get("ht")) or (rows_are_unseen and said is None)
            for column, text, reason in _read_row(element, book=book):
                characters += len(text)
                if is_unseen or any(low <= column <= high for low, high in unseen_columns):
                    sheet.hide(text, reason="hidden row or column")
                elif reason:
                    sheet.hide(text, reason=reason)
                else:
                    sheet.put(row, column, text)
            sheet.is_cut = sheet.size > book.terms.limits.cells or characters > book.terms.limits.characters
        element.clear()


def _parse(data: bytes) -> Iterator[etree._Element]:
    """Settings, rows and merged cells as they end; a large sheet never stands in memory as a tree."""
    events = etree.iterparse(
        io.BytesIO(data), tag=_READ, resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for _, element in events:
            yield element
    except etree.XMLSyntaxError as error:
        raise DocumentError(
            f"A sheet is damaged ({error}): save the workbook again.", code="unreadable"
        ) from error


def _read_row(row: etree._Element, *, book: _Book) -> Iterator[tuple[int, str, str | None]]:
    """(column, text, why nobody sees it) of each cell that holds something."""
    column = 0
    for cell in row.iter(f"{_S}c"):
        column = _column(cell.get("r", "")) or column + 1
        text = _show(cell, book=book)
        if text:
            yield column, text, book.formats.why_hidden(_number(cell.get("s")))


def _show(cell: etree._Element, *, book: _Book) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell).strip()
    value = cell.findtext(f"{_S}v", "").strip()
    if kind == "s":
        index = _number(value) if value else -1
        return book.strings[index].strip() if 0 <= index < len(book.strings) else ""
    if kind == "b":
        return "TRUE" if value == "1" else "FALSE"
    return book.formats.show(value, style=_number(cell.get("s"))) if kind == "n" and value else value


def _add_merge(sheet: Sheet, reference: str) -> None:
    first, _, last = reference.partition(":")
    top, bottom = _row(first), _row(last)
    left, right = _column(first), _column(last)
    if 0 < top <= bottom and 0 < left <= right:
        sheet.merges.append(Merge(top=top, left=left, bottom=bottom, right=right))


def _is_zero(size: str | None) -> bool:
    return size is not None and not size.strip("0.") and "0" in size


def _row(address: str) -> int:
    return _number(address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))


def _number(value: str | None) -> int:
    """A whole number of a few digits; 0 for anything else."""
    return int(value) if value and len(value) < 10 and value.isascii() and value.isdigit() else 0


def _column(address: str) -> int:
    """The number of a column by its letters: `AB12` is 28; 0 without letters."""
    number = 0
    for letter in address[:4].upper():
        if not "A" <= letter <= "Z":
            break
        number = number * 26 + ord(letter) - 64
    return number
