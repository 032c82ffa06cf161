"""Boxes to tick that are drawn, not printed: a small square, and whether anything stands in it."""

from collections.abc import Iterator, Sequence
from itertools import islice

from docrail.core.model import Box, Word
from docrail.reading.lines import Run
from docrail.reading.pdf_forms import TICKED, UNTICKED
from docrail.reading.pdf_parse import NativeBox, NativeGraphics, NativeLine

_SMALLEST, _LARGEST = 5.0, 20.0
_NEARLY = 1.2
_NEAR = 1.5
_MOST_SHAPES = 1500
_MOST_LINES = 3000
_MOST_SQUARES = 200
_PALE = 0xF0


def find_marks(graphics: NativeGraphics | None, printed: Sequence[Run]) -> tuple[Run, ...]:
    """A ☒ for each drawn square with something drawn into it, a ☐ for each without; none where there is print in it,
    which is the tick itself."""
    if graphics is None:
        return ()
    small = [
        (box, shape.stroke, shape.fill and not _is_pale(shape.fill_color))
        for shape in islice(graphics.shapes, _MOST_SHAPES)
        if (box := shape.bbox).width <= _LARGEST
        and box.height <= _LARGEST
        and (shape.stroke or not _is_pale(shape.fill_color))
    ]
    squares = [box for box, is_stroked, _ in small if is_stroked and _is_square(box)]
    if not squares:
        return ()
    sides = list(islice(graphics.lines, _MOST_LINES))
    known: list[NativeBox] = []
    for square in islice(squares, _MOST_SQUARES):
        if _has_sides(square, sides) and not any(_stands_in(other, square) for other in known):
            known.append(square)
    return tuple(_marks(known, small, sides, printed))


def _marks(
    squares: Sequence[NativeBox],
    small: Sequence[tuple[NativeBox, bool, bool]],
    sides: Sequence[NativeLine],
    printed: Sequence[Run],
) -> Iterator[Run]:
    """A cross is as large and as square as its box: more shapes than upper sides in one place are a ticked box."""
    for square in squares:
        if any(_holds_print(square, run) for run in printed):
            continue
        here = [(is_stroked, is_filled) for box, is_stroked, is_filled in small if _stands_in(box, square)]
        is_ticked = any(is_filled for _, is_filled in here) or len(here) > _count_upper(square, sides)
        yield _mark(square, TICKED if is_ticked else UNTICKED)


def _mark(square: NativeBox, text: str) -> Run:
    sides = (square.x, square.y, square.x + square.width, square.y + square.height)
    x0, y0, x1, y1 = (round(side, 2) for side in sides)
    box = Box(x0=x0, y0=y0, x1=x1, y1=y1)
    return Run(words=(Word(text=text, box=box),), box=box)


def _is_square(box: NativeBox) -> bool:
    low, high = sorted((box.width, box.height))
    return low >= _SMALLEST and high < _NEARLY * low


def _count_upper(square: NativeBox, sides: Sequence[NativeLine]) -> int:
    """How many level lines cross the upper half of the square: its own upper side, and those of squares inside it."""
    middle = square.x + square.width / 2
    return sum(
        square.y - _NEAR <= line.y1 < square.y + square.height / 2
        and abs(line.y1 - line.y2) < 1
        and min(line.x1, line.x2) < middle < max(line.x1, line.x2)
        for line in sides
    )


def _has_sides(box: NativeBox, sides: Sequence[NativeLine]) -> bool:
    """Whether all four sides of the box are drawn."""
    found = set()
    x0, y0, x1, y1 = box.x, box.y, box.x + box.width, box.y + box.height
    for line in sides:
        left, right = sorted((line.x1, line.x2))
        top, bottom = sorted((line.y1, line.y2))
        if abs(left - x0) < _NEAR and abs(right - x1) < _NEAR and bottom - top < 1:
            found |= {name for name, y in (("top", y0), ("bottom", y1)) if abs(top - y) < _NEAR}
        elif abs(top - y0) < _NEAR and abs(bottom - y1) < _NEAR and right - left < 1:
            found |= {name for name, x in (("left", x0), ("right", x1)) if abs(left - x) < _NEAR}
    return len(found) == 4


def _stands_in(box: NativeBox, square: NativeBox) -> bool:
    """Whether its middle is about that of the square and it is of the size of a tick."""
    x, y = box.x + box.width / 2 - square.x, box.y + box.height / 2 - square.y
    return (
        0.2 * square.width < x < 0.8 * square.width
        and 0.2 * square.height < y < 0.8 * square.height
        and 0.3 * square.width < max(box.width, box.height) < 1.6 * square.width
    )


def _holds_print(square: NativeBox, run: Run) -> bool:
    """Whether the print begins inside."""
    y = (run.y0 + run.y1) / 2
    return square.x - 1 <= run.x0 <= square.x + square.width - 1 and square.y <= y <= square.y + square.height


def _is_pale(color: str | None) -> bool:
    return bool(color) and len(color or "") == 8 and min(bytes.fromhex(color or "")[1:]) >= _PALE
