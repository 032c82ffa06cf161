"""Words with boxes become lines: one line for each row of words across the page, top to bottom."""

from collections.abc import Iterable, Sequence

from docrail.core.model import Box, Line, Word

_SHARED = 0.5


def group_lines(words: Iterable[Word]) -> tuple[Line, ...]:
    """Lines in reading order. Words that share half of the lower one's height stand on one line, however wide
    the gap: a label and its value stay together, and who needs columns looks at the boxes.

    >>> box = Box(x0=0, y0=0, x1=9, y1=9)
    >>> group_lines([Word(text="a", box=box)])[0].text
    'a'
    """
    rows: list[_Row] = []
    for word in sorted(words, key=lambda word: (word.box.y0 + word.box.y1, word.box.x0)):
        row = _find_row(rows, word.box)
        if row is None:
            rows.append(_Row(word))
        else:
            row.add(word)
    rows.sort(key=lambda row: row.y0 + row.y1)
    return tuple(Line(words=_sort(row.words)) for row in rows)


class _Row:
    """Words gathered on one line; `y0` and `y1` are those of its tallest word."""

    __slots__ = ("words", "y0", "y1")

    def __init__(self, word: Word) -> None:
        self.words = [word]
        self.y0, self.y1 = word.box.y0, word.box.y1

    def add(self, word: Word) -> None:
        self.words.append(word)
        if word.box.y1 - word.box.y0 > self.y1 - self.y0:
            self.y0, self.y1 = word.box.y0, word.box.y1


def _find_row(rows: Sequence[_Row], box: Box) -> _Row | None:
    """The row among the last few that the word shares most height with."""
    best, most = None, 0.0
    for row in reversed(rows[-4:]):
        part = _shared_part(row, box)
        if part > 0.99:
            return row
        if part >= _SHARED and part > most:
            best, most = row, part
    return best


def _shared_part(row: _Row, box: Box) -> float:
    """How much of the lower one's height both share. Called for every word: no calls inside."""
    top = row.y0 if row.y0 > box.y0 else box.y0
    bottom = row.y1 if row.y1 < box.y1 else box.y1
    lower, height = row.y1 - row.y0, box.y1 - box.y0
    if height < lower:
        lower = height
    return (bottom - top) / lower if lower > 0.1 else (bottom - top) / 0.1


def _sort(words: Sequence[Word]) -> tuple[Word, ...]:
    return tuple(sorted(words, key=lambda word: word.box.x0))
