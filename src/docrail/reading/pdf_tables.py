"""Tables of a PDF page: cells between ruled lines, or columns that several rows in a row keep to."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from docrail.core.model import Box, Table, TableCell, Word
from docrail.reading.headers import count_header_rows
from docrail.reading.lines import Row, Run
from docrail.reading.pdf_parse import NativeGraphics

_MOST_LINES = 1500
_SHORTEST = 8.0
_NEAR = 3.0
_MOST_SIDES = 120
_FILLED = 0.4
_FEWEST_ROWS = 3
_FEWEST_COLUMNS = 3

Stroke = tuple[float, float, float]
"""Where a straight line stands across its direction, and from where to where along it."""


def find_tables(rows: Sequence[Row], graphics: NativeGraphics | None) -> tuple[Table, ...]:
    """Ruled tables, then those by alignment alone, which never overlap a ruled one."""
    ruled = list(_find_ruled(rows, graphics)) if graphics is not None else []
    free = [row for row in rows if not any(_holds_row(table, row) for table in ruled)]
    return (*ruled, *find_aligned(free))


class Grid(NamedTuple):
    """Where the lines of one table stand, and its vertical ones as drawn."""

    xs: list[float]
    ys: list[float]
    uprights: list[Stroke]


def find_grids(across: Iterable[Stroke], down: Iterable[Stroke]) -> list[Grid]:
    """The grids that horizontal (`across`: y, x from, x to) and vertical (`down`: x, y from, y to) lines make where
    they cross."""
    flat = sorted(across)
    heights = [line[0] for line in flat]
    members: dict[Stroke, int] = {}
    grids: dict[int, tuple[set[Stroke], list[Stroke]]] = {}
    for number, upright in enumerate(down):
        _, top, bottom = upright
        near = flat[bisect_left(heights, top - _NEAR) : bisect_right(heights, bottom + _NEAR)]
        lines = {line for line in near if line[1] - _NEAR <= upright[0] <= line[2] + _NEAR}
        if len(lines) < 2:
            continue
        uprights = [upright]
        for other in {members[line] for line in lines if line in members}:
            more, theirs = grids.pop(other)
            lines |= more
            uprights += theirs
        members.update(dict.fromkeys(lines, number))
        grids[number] = (lines, uprights)
    return [
        Grid(_merge(line[0] for line in uprights), _merge(line[0] for line in lines), uprights)
        for lines, uprights in grids.values()
    ]


def find_aligned(rows: Sequence[Row]) -> tuple[Table, ...]:
    """Tables without rules: three or more rows on end, each of three or more pieces, that all keep to the same
    columns with at most one gap a row. Less than that is a form, not a table."""
    tables: list[Table] = []
    group: list[list[list[Run]]] = []
    for row in rows:
        pieces = row.pieces
        if len(pieces) >= _FEWEST_COLUMNS and (not group or _fits([*group, pieces], group[-1])):
            group.append(pieces)
            continue
        tables.extend(_aligned_table(group))
        group = [pieces] if len(pieces) >= _FEWEST_COLUMNS else []
    tables.extend(_aligned_table(group))
    return tuple(tables)


def _find_ruled(rows: Sequence[Row], graphics: NativeGraphics) -> Iterable[Table]:
    across: set[Stroke] = set()
    down: set[Stroke] = set()
    drawn = graphics.lines
    if len(drawn) < 6:
        return
    for line in islice(drawn, _MOST_LINES):
        x1, y1, x2, y2 = line.x1, line.y1, line.x2, line.y2
        if -1 < y1 - y2 < 1:
            if abs(x1 - x2) > _SHORTEST:
                across.add((int(y1 + 0.5), int(min(x1, x2)), int(max(x1, x2))))
        elif -1 < x1 - x2 < 1 and abs(y1 - y2) > _SHORTEST:
            down.add((int(x1 + 0.5), int(min(y1, y2)), int(max(y1, y2))))
    if len(across) < 3 or len(down) < 3:
        return
    for grid in find_grids(across, sorted(down)):
        if 3 <= len(grid.xs) <= _MOST_SIDES and 3 <= len(grid.ys) <= _MOST_SIDES:
            yield from _fill(rows, grid)


def _fill(rows: Sequence[Row], grid: Grid) -> Iterable[Table]:
    """The table of a grid, if enough of it is filled. A cell reaches to the next line that is drawn beside it, and
    counts as standing in the column where it begins."""
    xs, ys = grid.xs, grid.ys
    walls = [_walls(grid, (top + bottom) / 2) for top, bottom in pairwise(ys)]
    slots: dict[tuple[int, int], list[Word]] = {}
    for row in rows:
        at = bisect_right(ys, (row.y0 + row.y1) / 2) - 1
        if not 0 <= at < len(walls):
            continue
        sides = walls[at]
        for run in row.runs:
            for word in run.words if run.x1 > xs[0] and run.x0 < xs[-1] else ():
                place = bisect_right(sides, (word.box.x0 + word.box.x1) / 2) - 1
                if 0 <= place < len(sides) - 1:
                    slots.setdefault((at, place), []).append(word)
    every = sum(len(sides) - 1 for sides in walls)
    if len(slots) < _FILLED * every or len({row for row, _ in slots}) < 2:
        return
    cells = tuple(_cell(words, row, place, walls[row], grid) for (row, place), words in sorted(slots.items()))
    if len({cell.column for cell in cells}) > 1:
        yield _table(cells, Box(x0=xs[0], y0=ys[0], x1=xs[-1], y1=ys[-1]))


def _cell(words: Sequence[Word], row: int, place: int, sides: Sequence[float], grid: Grid) -> TableCell:
    text = " ".join(word.text for word in words)
    box = Box(x0=sides[place], y0=grid.ys[row], x1=sides[place + 1], y1=grid.ys[row + 1])
    column, end = (grid.xs.index(side) for side in sides[place : place + 2])
    return TableCell(row=row, column=column, text=text, box=box, columns=end - column)


def _walls(grid: Grid, y: float) -> list[float]:
    """The xs with a vertical line drawn at height `y`, and both ends of the table: no word inside it is lost."""
    drawn = [x for x, top, bottom in grid.uprights if top - 1 <= y <= bottom + 1]
    first, *inner, last = grid.xs
    return [first, *(x for x in inner if any(0 <= near - x <= _NEAR for near in drawn)), last]


def _merge(places: Iterable[float]) -> list[float]:
    """Places that stand apart: both edges of a drawn line count once."""
    merged: list[float] = []
    for place in sorted(places):
        if not merged or place - merged[-1] > _NEAR:
            merged.append(place)
    return merged


def _holds_row(table: Table, row: Row) -> bool:
    return table.box is not None and table.box.y0 <= (row.y0 + row.y1) / 2 <= table.box.y1


def _fits(group: Sequence[Sequence[Sequence[Run]]], above: Sequence[Sequence[Run]]) -> bool:
    pieces = group[-1]
    height = pieces[0][0].y1 - pieces[0][0].y0
    return pieces[0][0].y0 - above[0][0].y1 < 2 * height and _columns(group) is not None


def _columns(group: Sequence[Sequence[Sequence[Run]]]) -> list[tuple[float, float]] | None:
    """The columns all rows keep to, or None if two pieces of a row fall into one, or a row leaves two empty."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted((piece[0].x0, piece[-1].x1) for pieces in group for piece in pieces):
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    for pieces in group:
        if len(pieces) < len(columns) - 1 or len({_column(piece, columns) for piece in pieces}) < len(pieces):
            return None
    return columns if len(columns) >= _FEWEST_COLUMNS else None


def _column(piece: Sequence[Run], columns: Sequence[tuple[float, float]]) -> int:
    return next(at for at, (left, right) in enumerate(columns) if left <= piece[0].x0 <= right)


def _aligned_table(group: Sequence[Sequence[Sequence[Run]]]) -> Iterable[Table]:
    columns = _columns(group) if len(group) >= _FEWEST_ROWS else None
    if columns is None:
        return
    cells = []
    for number, pieces in enumerate(group):
        for piece in pieces:
            words = [word for run in piece for word in run.words]
            cells.append(
                TableCell(
                    row=number,
                    column=_column(piece, columns),
                    text=" ".join(word.text for word in words),
                    box=Box.around(word.box for word in words),
                )
            )
    yield _table(cells, Box.around(cell.box for cell in cells if cell.box))


def _table(cells: Sequence[TableCell], box: Box) -> Table:
    rows: dict[int, list[str]] = {}
    for cell in cells:
        rows.setdefault(cell.row, []).append(cell.text)
    return Table(cells=tuple(cells), header_rows=count_header_rows(list(rows.values())), box=box)
