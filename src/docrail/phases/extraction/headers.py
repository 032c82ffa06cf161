"""Find the header of a table: the row whose words are the names of the wanted columns."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docrail.core.model import Box, Word
from docrail.core.spec import Field
from docrail.phases.extraction.labels import normal_label, split_name
from docrail.phases.extraction.lexicon import Kind, read_label
from docrail.phases.extraction.segments import Segment, Sheet
from docrail.phases.extraction.wanted import Wanted, understand_column

_SAYS_COLUMN = 0.75
_ROWS_AT_MOST = 3
_CELLS_AT_MOST = 60
_OF_ITEMS = ("item_name", "quantity", "unit_price", "article")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderCell:
    """One cell of a header: its words, its box, and the column that it names, if it is a wanted one."""

    text: str
    box: Box
    column: Wanted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header on `sheet`: its cells left to right, the first row after it, and how well it fits (0..columns).

    Not `is_repeated` where it stands on an earlier page and rows go on below it.
    """

    sheet: Sheet
    cells: tuple[HeaderCell, ...]
    next_row: int
    score: float
    is_repeated: bool = True

    @property
    def text(self) -> str:
        return " | ".join(cell.text for cell in self.cells)


def find_header(sheets: Sequence[Sheet], field: Field) -> Header | None:
    """The row that names most of the columns of `field`; at least two of them (one when only one is wanted)."""
    columns = _columns_of(field)
    needed = min(2, len(columns))
    found = [
        header
        for sheet in sheets
        for header in _headers_of(sheet, columns)
        if _is_enough(header, needed=needed, of_taxes=_is_of_taxes(field))
    ]
    return max(found, key=lambda header: header.score, default=None)


def repeats(header: Header, sheets: Sequence[Sheet], field: Field) -> Iterator[Header]:
    """The same header again on the pages after its own."""
    columns = _columns_of(field)
    words = normal_label(header.text)
    for sheet in sheets:
        if sheet.number > header.sheet.number:
            for again in _headers_of(sheet, columns):
                if normal_label(again.text) == words:
                    yield again
                    break


def _is_enough(header: Header, *, needed: int, of_taxes: bool) -> bool:
    named = [cell.column for cell in header.cells if cell.column is not None]
    if of_taxes and not any(column.kind is Kind.PERCENT for column in named):
        return False
    return len(named) >= needed and header.score > 0


def _columns_of(field: Field) -> list[Wanted]:
    return [understand_column(item, of_taxes=_is_of_taxes(field)) for item in field.items]


def _is_of_taxes(field: Field) -> bool:
    words = set(normal_label(split_name(field.name)).split())
    return bool(words & {"tax", "taxes", "vat", "vats", "mwst", "ust", "tva", "iva", "btw"})


def _headers_of(sheet: Sheet, columns: Sequence[Wanted]) -> Iterator[Header]:
    for at, row in enumerate(sheet.rows):
        if len(row) > _CELLS_AT_MOST or (sum(map(_is_title, row)) < 2 and len(columns) > 1):
            continue
        cells, size = [(segment.text, segment.box) for segment in row if _is_title(segment)], 1
        yield _make_header(sheet, cells, columns, next_row=at + size)
        while size < _ROWS_AT_MOST and _continues(sheet, at + size):
            cells = _merge(cells, sheet.rows[at + size])
            size += 1
            yield _make_header(sheet, cells, columns, next_row=at + size)


def _is_title(segment: Segment) -> bool:
    return bool(re.search(r"[^\W\d_]|#|%", segment.text)) and len(segment.text.split()) <= 6


def _continues(sheet: Sheet, at: int) -> bool:
    """Whether row `at` belongs to the header over it: close, and without a figure."""
    if at >= len(sheet.rows):
        return False
    over, row = sheet.rows[at - 1][0], sheet.rows[at]
    close = row[0].box.y0 - over.box.y1 < 0.6 * over.height
    return close and all(_is_title(one) and not re.search(r"\d", one.text) for one in row)


def _merge(cells: list[tuple[str, Box]], row: Sequence[Segment]) -> list[tuple[str, Box]]:
    merged = list(cells)
    for segment in row:
        over = [at for at, (_, box) in enumerate(merged) if _overlap(box, segment.box) > 0]
        if over:
            text, box = merged[over[0]]
            merged[over[0]] = (f"{text} {segment.text}", Box.around((box, segment.box)))
        else:
            merged.append((segment.text, segment.box))
    return sorted(merged, key=lambda cell: cell[1].x0)


def _make_header(
    sheet: Sheet, cells: Sequence[tuple[str, Box]], columns: Sequence[Wanted], *, next_row: int
) -> Header:
    says = [
        (column.own(normal_label(text)), at if column.concept == "line_amount" else -at, at, column)
        for at, (text, _) in enumerate(cells)
        for column in columns
    ]
    named: dict[int, Wanted] = {}
    score = 0.0
    for similar, _, at, column in sorted(says, key=lambda one: one[:2], reverse=True):
        if similar >= _SAYS_COLUMN and at not in named and column not in named.values():
            named[at] = column
            score += similar
    made = tuple(HeaderCell(text=text, box=box, column=named.get(at)) for at, (text, box) in enumerate(cells))
    score -= 0.02 * (len(cells) - len(named)) + 1.0 * _aliens(made, columns)
    return Header(sheet=sheet, cells=made, next_row=next_row, score=score)


def _aliens(cells: Sequence[HeaderCell], columns: Sequence[Wanted]) -> int:
    """How many cells name what items have, where no column of items is wanted."""
    if any(column.concept in _OF_ITEMS for column in columns):
        return 0
    said = [read_label(normal_label(cell.text)) for cell in cells if cell.column is None]
    return sum(max((one.get(name, 0.0) for name in _OF_ITEMS), default=0.0) >= 0.95 for one in said)


def place_words(header: Header, row: Sequence[Segment]) -> dict[int, list[Word]]:
    """The words of a row by the header cell that they stand under."""
    placed: dict[int, list[Word]] = {}
    for segment in row:
        for words in _parts(segment):
            box = Box.around(word.box for word in words)
            placed.setdefault(_cell_over(header, box), []).extend(words)
    return placed


def _parts(segment: Segment) -> list[tuple[Word, ...]]:
    """A segment of several figures is several cells; any other is one."""
    figures = [word for word in segment.words if re.fullmatch(r"[-+€$£]?[\d.,]+%?", word.text)]
    if len(figures) >= 2 and len(figures) >= len(segment.words) - 1:
        return [(word,) for word in segment.words]
    return [segment.words]


def _cell_over(header: Header, box: Box) -> int:
    return max(range(len(header.cells)), key=lambda at: _alignment(header.cells[at].box, box))


def _alignment(over: Box, box: Box) -> float:
    """Overlap counts first; then the nearest of the left edges, right edges and middles."""
    apart = min(abs(over.x0 - box.x0), abs(over.x1 - box.x1), abs(over.x0 + over.x1 - box.x0 - box.x1) / 2)
    narrow = min(over.x1 - over.x0, box.x1 - box.x0)
    return (60.0 if _overlap(over, box) > 0.3 * narrow else 0.0) - apart


def _overlap(one: Box, other: Box) -> float:
    return min(one.x1, other.x1) - max(one.x0, other.x0)
