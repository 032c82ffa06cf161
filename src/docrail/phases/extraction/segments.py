"""A layout as segments: words that belong together, their rows, and what stands left of and above each."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from docrail.core.model import Box, Layout, Page, Word

_WIDE_IN_CHARACTERS = 1.6
_WIDE_IN_HEIGHTS = 0.55
_ROWS_LOOKED_UP = 8
_NEIGHBOURS = 40
_CHARACTERS_AT_MOST = 200
_WORDS_AT_MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Words of one line without a wide gap between them; `row` and `column` count from 0 on `page` (from 1)."""

    words: tuple[Word, ...]
    text: str
    box: Box
    page: int
    row: int
    column: int

    @property
    def height(self) -> float:
        return max(self.box.y1 - self.box.y0, 1.0)

    def words_between(self, start: int, end: int) -> tuple[Word, ...]:
        """The words that characters `start` to `end` of `text` touch."""
        found, at = [], 0
        for word in self.words:
            if at < end and at + len(word.text) > start:
                found.append(word)
            at += len(word.text) + 1
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page as rows of segments, top to bottom, left to right; `starts` has the left edges of each row."""

    number: int
    width: float
    height: float
    rows: tuple[tuple[Segment, ...], ...]
    starts: tuple[tuple[float, ...], ...]

    @property
    def segments(self) -> Iterator[Segment]:
        return (segment for row in self.rows for segment in row)

    def left_of(self, segment: Segment) -> Iterator[Segment]:
        """The segments on the same row before `segment`, nearest first."""
        row = self.rows[segment.row]
        return (row[at] for at in range(segment.column - 1, -1, -1))

    def above(self, segment: Segment, box: Box) -> Iterator[Segment]:
        """The segments over `box`, a part of `segment`, nearest first, within a few rows."""
        for row in reversed(range(max(0, segment.row - _ROWS_LOOKED_UP), segment.row)):
            over = list(self._over(row, box))
            if over:
                yield max(over, key=lambda other: _overlap(other.box, box))

    def below(self, segment: Segment) -> Iterator[Segment]:
        """The segments under `segment` that start or end where it does, nearest first."""
        first = segment.row + 1
        for row in range(first, min(first + _ROWS_LOOKED_UP, len(self.rows))):
            under = list(self._over(row, segment.box))
            if under:
                yield min(under, key=lambda other: abs(other.box.x0 - segment.box.x0))

    def _over(self, row: int, box: Box) -> Iterator[Segment]:
        """The segments of a row that share a width with `box`; rows may have thousands of segments."""
        slack = 0.3 * (box.y1 - box.y0)
        end = bisect_left(self.starts[row], box.x1 + slack)
        for other in reversed(self.rows[row][max(0, end - _NEIGHBOURS) : end]):
            if _overlap(other.box, box) > -slack:
                yield other


def read_sheets(layout: Layout) -> tuple[Sheet, ...]:
    """The pages of `layout` as sheets."""
    return tuple(_read_sheet(page) for page in layout.pages)


def _read_sheet(page: Page) -> Sheet:
    pieces = [
        piece for line in page.lines for level in _split_levels(line.words) for piece in _split_at_gaps(level)
    ]
    rows = []
    for at, row in enumerate(_group_rows(pieces)):
        rows.append(
            tuple(_make_segment(piece, page=page.number, row=at, column=n) for n, piece in enumerate(row))
        )
    starts = tuple(tuple(segment.box.x0 for segment in row) for row in rows)
    return Sheet(number=page.number, width=page.width, height=page.height, rows=tuple(rows), starts=starts)


def _make_segment(words: tuple[Word, ...], *, page: int, row: int, column: int) -> Segment:
    text = " ".join(word.text for word in words)
    box = Box.around(word.box for word in words)
    return Segment(words=words, text=text, box=box, page=page, row=row, column=column)


def _split_levels(words: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    """A line beside tall print may hold the words of two lines: split where the middles of words are apart."""
    middles = [word.box.y0 + word.box.y1 for word in words]
    least = min((word.box.y1 - word.box.y0 for word in words), default=0.0)
    if not words or max(middles) - min(middles) <= 0.9 * least:
        return [words]
    levels: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.box.y0 + word.box.y1):
        last = levels[-1][-1] if levels else None
        height = min(word.box.y1 - word.box.y0, last.box.y1 - last.box.y0) if last else 0.0
        if last and (word.box.y0 + word.box.y1) - (last.box.y0 + last.box.y1) <= 0.9 * height:
            levels[-1].append(word)
        else:
            levels.append([word])
    return [tuple(sorted(level, key=lambda word: word.box.x0)) for level in levels]


def _split_at_gaps(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    shown = [word for word in words if word.text.strip() and len(word.text) <= _CHARACTERS_AT_MOST]
    start = 0
    for at, (before, after) in enumerate(pairwise(shown), start=1):
        if at - start >= _WORDS_AT_MOST or _is_wide(before, after):
            yield tuple(shown[start:at])
            start = at
    if shown:
        yield tuple(shown[start:])


def _is_wide(before: Word, after: Word) -> bool:
    gap = after.box.x0 - before.box.x1
    if before.address != after.address:
        return True
    widths = [(word.box.x1 - word.box.x0) / len(word.text) for word in (before, after)]
    height = min(before.box.y1 - before.box.y0, after.box.y1 - after.box.y0)
    wide = max(_WIDE_IN_CHARACTERS * max(widths), _WIDE_IN_HEIGHTS * height)
    if _is_figure(before) and _is_figure(after):
        wide *= 0.8
    return gap > wide


def _is_figure(word: Word) -> bool:
    return re.fullmatch(r"[-+$€£]?\d[\d.,]*%?", word.text) is not None


def _group_rows(pieces: Sequence[tuple[Word, ...]]) -> list[list[tuple[Word, ...]]]:
    """Pieces whose middles are at one height, left to right, also when the reader put them on different lines."""
    placed = sorted(((Box.around(word.box for word in piece), piece) for piece in pieces), key=_middle_of)
    rows: list[list[tuple[Box, tuple[Word, ...]]]] = []
    middle, height = 0.0, 0.0
    for box, piece in placed:
        own, own_height = (box.y0 + box.y1) / 2, max(box.y1 - box.y0, 1.0)
        if rows and own - middle < 0.45 * min(own_height, height):
            rows[-1].append((box, piece))
            continue
        middle, height = own, own_height
        rows.append([(box, piece)])
    return [[piece for _, piece in sorted(row, key=_left_of)] for row in rows]


def _middle_of(placed: tuple[Box, tuple[Word, ...]]) -> float:
    return placed[0].y0 + placed[0].y1


def _left_of(placed: tuple[Box, tuple[Word, ...]]) -> float:
    return placed[0].x0


def _overlap(one: Box, other: Box) -> float:
    return min(one.x1, other.x1) - max(one.x0, other.x0)
