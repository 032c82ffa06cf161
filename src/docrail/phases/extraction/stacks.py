"""Lines that stand under one another, as one candidate each: addresses and names that no rule knows."""

from collections.abc import Iterator, Sequence

from docrail.core.model import Word
from docrail.phases.extraction.segments import Segment, Sheet
from docrail.phases.extraction.spans import Found, Span

_LINES_AT_MOST = 6
_CHARACTERS_AT_MOST = 60
_GAP_IN_HEIGHTS = 1.3


def find_stacks(sheet: Sheet) -> Iterator[Span]:
    """Every run of 2 to 6 lines close under one another in one column, and every run of whole short rows."""
    for segment in sheet.segments:
        lines = [segment]
        while len(lines) < _LINES_AT_MOST and (below := _under(sheet, lines[-1])) is not None:
            lines.append(below)
            yield _span([(line,) for line in lines])
    for at, row in enumerate(sheet.rows):
        run = [row]
        for following in sheet.rows[at + 1 : at + _LINES_AT_MOST]:
            if not _is_close(run[-1][0], following[0]) or max(len(run[-1]), len(following)) > 3:
                break
            run.append(following)
            if any(len(each) > 1 for each in run):
                yield _span(run)


def _under(sheet: Sheet, segment: Segment) -> Segment | None:
    """The next line of the same column, left-aligned or centred on it."""
    if segment.row + 1 >= len(sheet.rows) or len(segment.text) > _CHARACTERS_AT_MOST:
        return None
    for below in sheet.rows[segment.row + 1]:
        if _is_close(segment, below) and _is_aligned(segment, below):
            return below
    return None


def _is_close(above: Segment, below: Segment) -> bool:
    height = max(above.height, below.height)
    return below.box.y0 - above.box.y1 < _GAP_IN_HEIGHTS * height and len(below.text) <= _CHARACTERS_AT_MOST


def _is_aligned(one: Segment, other: Segment) -> bool:
    slack = 1.5 * one.height
    middles = (one.box.x0 + one.box.x1) - (other.box.x0 + other.box.x1)
    return abs(one.box.x0 - other.box.x0) < slack or abs(middles) < 2 * slack


def _span(rows: Sequence[Sequence[Segment]]) -> Span:
    segments = [segment for row in rows for segment in row]
    text = " ".join(segment.text for segment in segments)
    words: tuple[Word, ...] = tuple(word for segment in segments for word in segment.words)
    end = len(segments[0].text)
    return Span.of_words(segments[0], Found(start=0, end=end, text=text, value=text), words=words, before="")
