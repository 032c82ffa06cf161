"""Text without pages on a grid of 6 x 12 points a character: left and above mean what they mean on paper."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from docrail.core.model import Box, Hidden, Line, Page, Source, Table, TableCell, Word
from docrail.reading.headers import count_header_rows

WIDTH, HEIGHT = 6.0, 12.0
WIDEST_COLUMN = 60
GAP = 2
_MIN_COLUMNS = 80
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """A cell to lay out: its text, where it came from, and how many columns and rows it covers."""

    text: str
    address: str | None = None
    span: int = 1
    rows: int = 1


class Grid:
    """Collects lines and tables from top to bottom; `page()` gives what was collected."""

    def __init__(self) -> None:
        self._row = 0
        self._right = _MIN_COLUMNS
        self._lines: list[Line] = []
        self._tables: list[Table] = []

    def skip(self, rows: int = 1) -> None:
        """Leave `rows` empty."""
        self._row += rows

    def add_text(self, text: str, *, address: str | None = None, column: int = 0) -> None:
        """One line of text from `column` on, words where they stand in it; empty text leaves a row empty."""
        if text:
            words = self._place(text.expandtabs(8), column=column, row=self._row, address=address)
            if words:
                self._lines.append(Line(words=words))
        self._row += 1

    def add_table(self, rows: Sequence[Sequence[GridCell]], *, header_rows: int | None = None) -> None:
        """A table: one line a row; a cell wider than its column goes on below itself.

        Cells covered by one above are left out of `rows`. `header_rows` None: found by how the rows look.
        """
        placed = _place_cells(rows)
        starts = _column_starts(placed)
        cells: list[TableCell] = []
        for index, row in enumerate(placed):
            cells.extend(self._add_row(row, index=index, left=len(rows) - index, starts=starts))
        if cells:
            header = (
                _count_header_rows(rows[:_LOOKED_AT]) if header_rows is None else min(header_rows, len(rows))
            )
            self._tables.append(Table(cells=tuple(cells), header_rows=header))

    def page(self, *, number: int, source: Source, hidden: Sequence[Hidden] = ()) -> Page:
        """What was collected, as one page."""
        return Page(
            number=number,
            width=self._right * WIDTH,
            height=max(self._row, 1) * HEIGHT,
            source=source,
            lines=tuple(self._lines),
            tables=tuple(self._tables),
            hidden=tuple(hidden),
        )

    def _add_row(
        self, row: Sequence[tuple[int, GridCell]], *, index: int, left: int, starts: Sequence[int]
    ) -> list[TableCell]:
        levels: list[list[Word]] = []
        cells = []
        for column, cell in row:
            room = starts[min(column + cell.span, len(starts) - 1)] - starts[column] - GAP
            placed = self._place_cell(cell, column=starts[column], room=max(room, 1), levels=levels)
            box = _around(placed)
            rows = min(cell.rows, left)
            cells.append(
                TableCell(row=index, column=column, text=cell.text, box=box, rows=rows, columns=cell.span)
            )
        self._lines.extend(Line(words=tuple(words)) for words in levels if words)
        self._row += max(len(levels), 1)
        return cells

    def _place_cell(self, cell: GridCell, *, column: int, room: int, levels: list[list[Word]]) -> list[Word]:
        placed: list[Word] = []
        for depth, text in enumerate(_wrap(cell.text, room)):
            words = self._place(text, column=column, row=self._row + depth, address=cell.address)
            if depth == len(levels):
                levels.append([])
            levels[depth].extend(words)
            placed.extend(words)
        return placed

    def _place(self, text: str, *, column: int, row: int, address: str | None) -> tuple[Word, ...]:
        words, at = [], 0
        top = row * HEIGHT
        for part in text.split():
            at = text.index(part, at)
            left = (column + at) * WIDTH
            at += len(part)
            box = Box(x0=left, y0=top, x1=(column + at) * WIDTH, y1=top + HEIGHT)
            words.append(Word(text=part, box=box, address=address))
        self._right = max(self._right, column + at)
        return tuple(words)


def _place_cells(rows: Sequence[Sequence[GridCell]]) -> list[list[tuple[int, GridCell]]]:
    """Each cell with its column: to the right of the cells before it, beside those that reach down from above."""
    placed: list[list[tuple[int, GridCell]]] = []
    reaches: dict[int, int] = {}
    for index, row in enumerate(rows):
        column = 0
        line = []
        for cell in row:
            while reaches.get(column, -1) >= index:
                column += 1
            line.append((column, cell))
            if cell.rows > 1:
                reaches |= dict.fromkeys(range(column, column + cell.span), index + cell.rows - 1)
            column += cell.span
        placed.append(line)
    return placed


def _column_starts(rows: Sequence[Sequence[tuple[int, GridCell]]]) -> list[int]:
    """Where each column starts, in characters, and where the last one ends."""
    widths: dict[int, int] = {}
    count = 0
    for row in rows:
        for column, cell in row:
            if cell.span == 1:
                widest = (
                    max(map(len, cell.text.splitlines()), default=0) if "\n" in cell.text else len(cell.text)
                )
                widths[column] = max(widths.get(column, 1), min(widest, WIDEST_COLUMN))
            count = max(count, column + cell.span)
    starts = [0]
    for column in range(count):
        starts.append(starts[-1] + widths.get(column, 1) + GAP)
    return starts


def _count_header_rows(rows: Sequence[Sequence[GridCell]]) -> int:
    return count_header_rows([[cell.text for cell in row] for row in rows])


def _around(words: Sequence[Word]) -> Box | None:
    if len(words) < 2:
        return words[0].box if words else None
    return Box.around(word.box for word in words)


def _wrap(text: str, room: int) -> list[str]:
    if len(text) <= room and "\n" not in text:
        return [text] if text else []
    lines = []
    for line in text.splitlines():
        if len(line) <= room:
            lines.append(line)
        else:
            lines.extend(textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False))
    return lines
