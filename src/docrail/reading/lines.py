"""Words with boxes become lines: one line for each row of words across the page, top to bottom."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from docrail.core.model import Box, Line, Word

_SHARED = 0.5
_WIDE_GAP = 1.5
_left = attrgetter("x0")
_by_left = attrgetter("box.x0")


def group_lines(words: Iterable[Word]) -> tuple[Line, ...]:
    """Lines in reading order. Words that share half of the lower one's height stand on one line, however wide
    the gap: a label and its value stay together, and who needs columns looks at the boxes.

    >>> box = Box(x0=0, y0=0, x1=9, y1=9)
    >>> group_lines([Word(text="a", box=box)])[0].text
    'a'
    """
    return tuple(row.line for row in group_rows(Run(words=(word,), box=word.box) for word in words))


class Run:
    """Words printed in one go, left to right, and the box around them."""

    __slots__ = ("middle", "words", "x0", "x1", "y0", "y1")

    def __init__(self, *, words: tuple[Word, ...], box: Box) -> None:
        self.words = words
        self.x0, self.y0, self.x1, self.y1 = box.x0, box.y0, box.x1, box.y1
        self.middle = box.y0 + box.y1


class Row:
    """Runs gathered on one line. `y0` and `y1` are those of its tallest run, `top` and `bottom` of its lowest."""

    __slots__ = ("_pieces", "bottom", "runs", "top", "y0", "y1")

    def __init__(self, run: Run) -> None:
        self.runs = [run]
        self._pieces: list[list[Run]] | None = None
        self.y0, self.y1 = self.top, self.bottom = run.y0, run.y1

    def add(self, run: Run) -> None:
        self.runs.append(run)
        height = run.y1 - run.y0
        if height > self.y1 - self.y0:
            self.y0, self.y1 = run.y0, run.y1
        elif height < self.bottom - self.top:
            self.top, self.bottom = run.y0, run.y1

    @property
    def pieces(self) -> list[list[Run]]:
        """The runs, parted at gaps wider than one and a half times their height. Ask when the row is complete."""
        if self._pieces is None:
            self._pieces = _part(self.runs)
        return self._pieces

    @property
    def line(self) -> Line:
        """The words from left to right."""
        runs = self.runs
        if len(runs) == 1:
            return Line(words=runs[0].words)
        words = [word for run in runs for word in run.words]
        words.sort(key=_by_left)
        return Line(words=tuple(words))


def group_rows(runs: Iterable[Run]) -> list[Row]:
    """Rows from top to bottom, the runs of each from left to right."""
    rows: list[Row] = []
    for run in sorted(runs, key=attrgetter("middle", "x0")):
        row = _find_row(rows, run)
        if row is None:
            rows.append(Row(run))
        else:
            row.add(run)
    rows.sort(key=lambda row: row.y0 + row.y1)
    for row in rows:
        row.runs.sort(key=_left)
    return rows


def _part(runs: Sequence[Run]) -> list[list[Run]]:
    pieces = [[runs[0]]]
    reach = runs[0].x1
    for run in runs[1:]:
        if run.x0 - reach > _WIDE_GAP * (run.y1 - run.y0):
            pieces.append([run])
        else:
            pieces[-1].append(run)
        reach = run.x1 if run.x1 > reach else reach
    return pieces


def _find_row(rows: Sequence[Row], run: Run) -> Row | None:
    """The row among the last few that the run shares most height with."""
    best, most = None, 0.0
    for row in rows[:-5:-1]:
        part = _shared_part(row, run)
        if part > 0.99:
            return row
        if part >= _SHARED and part > most:
            best, most = row, part
    return best


def _shared_part(row: Row, run: Run) -> float:
    """How much of the lower one's height both share; nothing if the row's lowest run stands clear above: two small
    lines beside one tall letter stay two. Called for every run: no calls inside."""
    if run.y0 >= row.bottom:
        return 0.0
    top = row.y0 if row.y0 > run.y0 else run.y0
    bottom = row.y1 if row.y1 < run.y1 else run.y1
    lower, height = row.y1 - row.y0, run.y1 - run.y0
    if height < lower:
        lower = height
    return (bottom - top) / lower if lower > 0.1 else (bottom - top) / 0.1
