"""A sheet of cells, sparse, and how it becomes a page: what is shown on the grid, what is hidden apart."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from docrail.core.model import Hidden, Issue, Page, Source
from docrail.reading.grid import Grid, GridCell
from docrail.reading.limits import Limits, cut_short


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A cell that covers others: rows and columns counted from 1, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Sheet:
    """Cells by (row, column), counted from 1: a sheet may declare 17 billion cells and hold two.

    `size` counts the texts in it, shown or hidden; `below` are lines under the cells, each with its address.
    """

    name: str = ""
    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    hidden: dict[str, list[str]] = field(default_factory=dict)
    below: list[tuple[str, str]] = field(default_factory=list)
    is_hidden: bool = False
    is_cut: bool = False
    size: int = 0

    def put(self, row: int, column: int, text: str) -> None:
        """Show `text` in a cell."""
        self.cells[row, column] = text
        self.size += 1

    def hide(self, text: str, *, reason: str) -> None:
        """Keep `text` apart, with what else is hidden for the same reason."""
        if text.strip():
            self.hidden.setdefault(reason, []).append(text)
            self.size += 1


def lay_out(sheet: Sheet, *, number: int, limits: Limits) -> Page:
    """Rows and columns that hold something, close together; each cell keeps its real address."""
    grid = Grid()
    hidden = [Hidden(text=" ".join(texts), reason=reason) for reason, texts in sheet.hidden.items()]
    if sheet.is_hidden:
        shown = [*sheet.cells.values(), *(text for text, _ in sheet.below)]
        hidden.append(Hidden(text=" ".join(shown), reason="hidden sheet"))
    else:
        if sheet.cells:
            grid.add_table(_rows(sheet, limits=limits))
        for text, address in sheet.below:
            grid.add_text(text, address=address)
    return grid.page(number=number, source=Source.CELLS, hidden=[item for item in hidden if item.text])


def sheet_issues(sheets: Sequence[Sheet], *, found: int, limits: Limits) -> tuple[Issue, ...]:
    """What the reader should know: hidden content, rows and sheets not read (`found` is how many there are)."""
    issues = []
    if any(sheet.hidden or (sheet.is_hidden and sheet.cells) for sheet in sheets):
        message = (
            "Hidden sheets, rows, columns, cells or comments were set apart: show them if they are meant."
        )
        issues.append(Issue(code="hidden_text", message=message))
    if cut := [sheet.name for sheet in sheets if sheet.is_cut]:
        message = f"Not all rows of {', '.join(cut[:5])} were read"
        issues.append(cut_short(message, limits=limits, name="cells"))
    if found > len(sheets):
        message = f"Only the first {len(sheets):,} of {found:,} sheets were read"
        issues.append(cut_short(message, limits=limits, name="pages", code="pages_not_read"))
    return tuple(issues)


def _rows(sheet: Sheet, *, limits: Limits) -> list[list[GridCell]]:
    columns = sorted({column for _, column in sheet.cells})
    rows = sorted({row for row, _ in sheet.cells})
    most = max(limits.cells // len(columns), 1)
    sheet.is_cut = sheet.is_cut or len(rows) > most
    spans, covered = _find_spans(sheet, rows=rows, columns=columns, most=limits.cells)
    return [
        [
            _cell(sheet, row, column, span=spans.get((row, column), (1, 1)))
            for column in columns
            if (row, column) not in covered
        ]
        for row in rows[:most]
    ]


def _find_spans(
    sheet: Sheet, *, rows: Sequence[int], columns: Sequence[int], most: int
) -> tuple[dict[tuple[int, int], tuple[int, int]], set[tuple[int, int]]]:
    """(rows, columns) that each merged cell covers of those laid out, and the cells under it; none overlap."""
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for merge in sheet.merges:
        down = rows[bisect_left(rows, merge.top) : bisect_right(rows, merge.bottom)]
        across = columns[bisect_left(columns, merge.left) : bisect_right(columns, merge.right)]
        most -= len(down) * len(across)
        if most < 0:
            break
        cells = {(row, column) for row in down for column in across}
        first = (merge.top, merge.left)
        if first in cells and covered.isdisjoint(cells) and not any(cell in spans for cell in cells):
            spans[first] = (len(down), len(across))
            covered |= cells - {first}
    return spans, covered


def _cell(sheet: Sheet, row: int, column: int, *, span: tuple[int, int]) -> GridCell:
    text = sheet.cells.get((row, column), "")
    return GridCell(text=text, address=f"R{row}C{column}", span=span[1], rows=span[0])
