"""A page as plain text on a grid of characters, each word about where it stands on the page."""

from collections.abc import Sequence
from statistics import median

from docrail.core.model import Line, Page
from docrail.core.printable import printable

MOST_COLUMNS = 400
_MOST_BLANK = 2


def lay_out(page: Page, *, columns: int) -> list[str]:
    """The lines of a page as text. Words keep their columns where that needs no more than `columns` characters;
    where it does they move together, and a line with too many words goes on to the right."""
    lines = [line for line in page.lines if line.words]
    if not lines:
        return []
    left = min(line.words[0].box.x0 for line in lines)
    right = max(word.box.x1 for line in lines for word in line.words)
    step = max(_character_width(lines), (right - left) / min(columns, MOST_COLUMNS), 0.1)
    height = median(max(line.box.y1 - line.box.y0, 0.1) for line in lines)
    shown, before = [], None
    for line in lines:
        if before is not None:
            gap = line.box.y0 - before
            shown += [""] * min(max(round(gap / height - 0.3), 0), _MOST_BLANK)
        shown.append(_lay_out_line(line, left=left, step=step))
        before = line.box.y1
    return shown


def _character_width(lines: Sequence[Line]) -> float:
    """The usual width of a character, in points."""
    widths = [
        (word.box.x1 - word.box.x0) / len(word.text) for line in lines for word in line.words if word.text
    ]
    return median(widths) if widths else 1.0


def _lay_out_line(line: Line, *, left: float, step: float) -> str:
    text = ""
    for word in line.words:
        column = min(int((word.box.x0 - left) / step), MOST_COLUMNS)
        space = max(column - len(text), 1 if text else 0)
        text += " " * space + printable(word.text)
    return text
