"""Line items: the rows under a header, down to the totals, over pages where the header repeats."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from docrail.core.model import Box, Value, Word
from docrail.core.spec import Field
from docrail.phases.extraction.candidates import Reading
from docrail.phases.extraction.figures import find_figures
from docrail.phases.extraction.headers import Header, find_header, place_words, repeats
from docrail.phases.extraction.items import totals_said
from docrail.phases.extraction.lexicon import Kind
from docrail.phases.extraction.segments import Segment, Sheet
from docrail.phases.extraction.values import value_of
from docrail.phases.extraction.wanted import Wanted

_FIGURES = {Kind.AMOUNT, Kind.NUMBER, Kind.INTEGER, Kind.PERCENT}
_GAP_AT_MOST = 6.0
_TOP_ROWS = 15
"""Within so many rows of a page the items of the page before go on, below what is printed on every page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of a table as values, with the header's words and where the rows of its first page stand."""

    values: list[Value]
    confidence: float
    header: str
    text: str
    page: int
    box: Box
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One item: its words by column, and the height where its figures stand."""

    words: Mapping[Wanted, tuple[Word, ...]]
    middle: float
    page: int


def find_rows(reading: Reading, field: Field) -> Rows | None:
    """The rows of the table whose header names the columns of `field`; None when there is none."""
    header = find_header(reading.sheets, field)
    if header is None:
        return None
    pages = _over_pages(header, reading, field)
    items = [item for page in pages for item in _read_items(page)]
    values = [_values_of(item, reading) for item in items]
    kept = [(item, value) for item, value in zip(items, values, strict=True) if value]
    if not kept:
        return None
    first = [word for item, _ in kept if item.page == kept[0][0].page for word in _words(item)]
    return Rows(
        values=[value for _, value in kept],
        confidence=_confidence(header, field, [value for _, value in kept]),
        header=header.text,
        text="\n".join(" ".join(word.text for word in _words(item)) for item, _ in kept),
        page=kept[0][0].page,
        box=Box.around(word.box for word in first),
        address=first[0].address,
    )


def _over_pages(header: Header, reading: Reading, field: Field) -> list[Header]:
    """The header on its page, where it repeats on later ones, and where the rows go on without it."""
    again = {one.sheet.number: one for one in repeats(header, reading.sheets, field)}
    pages = [header]
    for sheet in reading.sheets:
        if sheet.number <= header.sheet.number:
            continue
        here = again.get(sheet.number) or _going_on(pages[-1], sheet)
        if here is not None:
            pages.append(here)
    return pages


def _going_on(before: Header, sheet: Sheet) -> Header | None:
    """The columns of `before` on the next page, if its rows end with the page and go on in the same places."""
    rows = list(_rows_below(before))
    if sheet.number != before.sheet.number + 1 or not rows or rows[-1] != before.sheet.rows[-1]:
        return None
    numeric = [cell.column for cell in before.cells if cell.column and cell.column.kind in _FIGURES]
    for at, row in enumerate(sheet.rows[:_TOP_ROWS]):
        if totals_said(row):
            return None
        words = _read_row(before, row).words
        if numeric and all(column in words and _has_figure(words[column]) for column in numeric):
            return replace(before, sheet=sheet, next_row=at, is_repeated=False)
    return None


def _read_items(header: Header) -> list[_Item]:
    texts = [cell for cell in header.cells if cell.column and cell.column.kind is Kind.TEXT]
    numeric = [cell.column for cell in header.cells if cell.column and cell.column.kind in _FIGURES]
    items: list[_Item] = []
    loose: list[_Item] = []
    for row in _rows_below(header):
        found = _read_row(header, row)
        if not found.words:
            continue
        figures = sum(column in found.words and _has_figure(found.words[column]) for column in numeric)
        named = any(column.kind not in _FIGURES and column.kind is not Kind.CODE for column in found.words)
        if not numeric or figures > len(numeric) // 2 or (figures and (named or not texts)):
            items.append(found)
        elif not figures:
            loose.append(found)
    for rest in loose:
        items = _join_nearest(items, rest)
    return items


def _rows_below(header: Header) -> Iterable[Sequence[Segment]]:
    """The rows after the header until the totals, a wide gap or the end of the page."""
    last = Box.around(cell.box for cell in header.cells)
    height = last.y1 - last.y0
    if not header.is_repeated and header.next_row < len(header.sheet.rows):
        last = Box.around(segment.box for segment in header.sheet.rows[header.next_row])
    for row in header.sheet.rows[header.next_row :]:
        box = Box.around(segment.box for segment in row)
        height = min(height, box.y1 - box.y0)
        said = totals_said(row)
        if box.y0 - last.y1 > _GAP_AT_MOST * max(height, 8.0) or said - {"subtotal"}:
            return
        last = box
        if said:
            continue
        yield row


def _read_row(header: Header, row: Sequence[Segment]) -> _Item:
    placed = place_words(header, row)
    words = {
        column: tuple(placed[at])
        for at, cell in enumerate(header.cells)
        if (column := cell.column) is not None and at in placed
    }
    box = Box.around(segment.box for segment in row)
    return _Item(words=words, middle=(box.y0 + box.y1) / 2, page=header.sheet.number)


def _join_nearest(items: list[_Item], rest: _Item) -> list[_Item]:
    """Text without figures belongs to the nearest item, in the order of reading."""
    if not items:
        return items
    at = min(range(len(items)), key=lambda n: abs(items[n].middle - rest.middle))
    words = dict(items[at].words)
    for column, more in rest.words.items():
        if column.kind in _FIGURES:
            continue
        before = rest.middle < items[at].middle
        own = words.get(column, ())
        words[column] = (*more, *own) if before else (*own, *more)
    return [*items[:at], replace(items[at], words=words), *items[at + 1 :]]


def _has_figure(words: Sequence[Word]) -> bool:
    return next(find_figures(" ".join(word.text for word in words), locale=None), None) is not None


def _values_of(item: _Item, reading: Reading) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for column, words in item.words.items():
        text = " ".join(word.text for word in words)
        if column.kind not in _FIGURES:
            values[column.field.name] = text
            continue
        locale = column.field.locale or reading.hints.decimals
        figures = list(find_figures(text, locale=locale))
        if column.kind is Kind.PERCENT:
            figures = [one for one in figures if one.percent or not (one.money or one.decimals)]
        found = next(iter(figures), None)
        if found is not None:
            values[column.field.name] = value_of(found, column)
    return values


def _words(item: _Item) -> list[Word]:
    return sorted((word for words in item.words.values() for word in words), key=lambda word: word.box.x0)


def _confidence(header: Header, field: Field, rows: Sequence[Mapping[str, Value]]) -> float:
    """Low unless most columns were named and most cells are filled; never sure."""
    named = [cell.column for cell in header.cells if cell.column is not None]
    share = len(named) / len(field.items)
    filled = sum(len(row) for row in rows) / (len(rows) * len(named))
    return round(min(0.75, 0.15 + 0.3 * share + 0.3 * filled**2), 3)
