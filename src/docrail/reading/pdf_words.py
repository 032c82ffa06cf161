"""Words of one PDF page as the text layer gives them: level ones, turned ones, and those that nobody can see."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from math import floor

from docrail.core.model import Box, Hidden, Word
from docrail.reading.lines import Run
from docrail.reading.pdf_cover import may_be_covered
from docrail.reading.pdf_forms import find_comments, find_filled
from docrail.reading.pdf_marks import find_marks
from docrail.reading.pdf_parse import NativeBox, NativeGraphics, NativeItem, NativePage

_NEAR_WHITE = 0xF0
_DARK = 0xC0
_TINY = 1.5
_TOUCHING = 0.15
_MOST_SHAPES = 500
# Ticks, crosses and boxes of the symbol fonts, whose characters are others or none: by their code.
_WINGDINGS = {
    0xFB: "✗",
    0xFC: "✓",
    0xFD: "☒",
    0xFE: "☑",
    0x78: "☒",
    0xA8: "☐",
    **dict.fromkeys(range(0x6F, 0x73), "☐"),
}
_WINGDINGS_2 = {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "☐"}
_LONGEST_MARK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWords:
    """`level` runs to be grouped into lines, `turned` runs that are lines already, what is `hidden`; `has_doubt` when
    pale text stands on no dark ground we know of or something may lie over print, `has_filled` when words come from
    a form."""

    level: tuple[Run, ...]
    turned: tuple[Run, ...]
    hidden: tuple[Hidden, ...]
    has_doubt: bool
    has_filled: bool


def find_words(page: NativePage, items: Sequence[NativeItem]) -> FoundWords:
    """All words of the page's text layer."""
    level: list[Run] = []
    turned: list[Run] = []
    hidden: list[Hidden] = []
    pale: list[Box] = []
    dark: list[Run] = []
    for item in items:
        x, y, width, height = item.x, item.y, item.width, item.height
        is_turned = height > width and 2 < abs(item.rotation) % 360 < 358
        words = _split_turned(item) if is_turned else _split(item)
        if not words:
            continue
        box = Box(x0=x, y0=y, x1=x + width, y1=y + height)
        reason = _why_hidden(box, width=page.width, height=page.height)
        if reason:
            hidden.append(Hidden(text=item.text.strip(), reason=reason, box=box))
            continue
        is_pale = _is_pale(item.fill_color)
        if is_pale:
            pale.append(box)
        run = Run(words=words, box=box)
        if not is_pale:
            dark.append(run)
        if is_turned:
            turned.append(run)
        else:
            level.append(run)
    graphics = page.vector_graphics
    notes = page.annotations
    filled = tuple(find_filled(page.form_fields, notes, level)) if page.form_fields or notes else ()
    return FoundWords(
        level=(*level, *filled, *find_marks(graphics, (*level, *filled))),
        turned=tuple(turned),
        hidden=(*hidden, *(find_comments(notes) if notes else ())),
        has_doubt=(bool(pale) and not _stand_on_dark(pale, graphics)) or may_be_covered(dark, graphics),
        has_filled=bool(filled),
    )


def _split(item: NativeItem) -> tuple[Word, ...]:
    if len(item.text) < _LONGEST_MARK and "ingdings" in (item.font_name or ""):
        marks = _as_ticks(item.text.strip(), item.font_name or "")
        return (Word(text=marks, box=_box(item.x, item.y, item.width, item.height)),) if marks else ()
    found = item.words
    if not found:
        clean = _clean(item.text)
        return (Word(text=clean, box=_box(item.x, item.y, item.width, item.height)),) if clean else ()
    words = []
    for word in found:
        text = word.text
        if not (text.isascii() and text.isprintable()):
            text = _clean(text)
        if text:
            words.append(Word(text=text, box=_box(word.x, word.y, word.width, word.height)))
    return tuple(words)


def _as_ticks(text: str, font: str) -> str:
    """What a symbol font shows for the text where that is a tick or a box.

    >>> _as_ticks("\\uf0fe", "ABCDEF+Wingdings-Regular"), _as_ticks("P", "Wingdings2"), _as_ticks("n", "Wingdings")
    ('☑', '✓', 'n')
    """
    table = _WINGDINGS_2 if "2" in font.partition("ingdings")[2] else _WINGDINGS
    return "".join(table.get(ord(char) & 0xFF if char >= "\uf000" else ord(char), char) for char in text)


def _split_turned(item: NativeItem) -> tuple[Word, ...]:
    """The words of a run set upwards or downwards. The parser parts them at random, so pieces that touch are joined."""
    joined: list[tuple[str, Box]] = []
    for piece in item.words:
        box = _box(piece.x, piece.y, piece.width, piece.height)
        if joined and _gap(joined[-1][1], box) < _TOUCHING * item.width:
            joined[-1] = (joined[-1][0] + piece.text, Box.around([joined[-1][1], box]))
        else:
            joined.append((piece.text, box))
    return tuple(Word(text=clean, box=box) for text, box in joined if (clean := _clean(text)))


def _gap(one: Box, other: Box) -> float:
    return max(other.y0 - one.y1, one.y0 - other.y1)


def _clean(text: str) -> str:
    """Without soft hyphens, zero-width and control characters; ligatures stay as they are printed, and tag characters
    until what they spell is kept apart with that of every other kind."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(char for char in text if char.isspace() or _is_kept(char)).strip()


def _is_kept(char: str) -> bool:
    return char >= "\U000e0000" or unicodedata.category(char) not in ("Cc", "Cf", "Cs")


def _box(x: float, y: float, width: float, height: float) -> Box:
    """Rounded to hundredths of a point. There are four numbers a word, and `round` takes thrice as long."""
    return Box(
        x0=floor(x * 100 + 0.5) / 100,
        y0=floor(y * 100 + 0.5) / 100,
        x1=floor((x + width) * 100 + 0.5) / 100,
        y1=floor((y + height) * 100 + 0.5) / 100,
    )


def _why_hidden(box: Box, *, width: float, height: float) -> str | None:
    """Why nobody can see what stands in the box, wherever it is not a matter of colour."""
    middle_x, middle_y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    if not (-2 <= middle_x <= width + 2 and -2 <= middle_y <= height + 2):
        return "outside the page"
    if box.y1 - box.y0 < _TINY or box.x1 - box.x0 < _TINY / 4:
        return "too small to read"
    return None


@lru_cache(maxsize=256)
def _is_pale(color: str | None) -> bool:
    """ARGB in hex: transparent or nearly white."""
    if not color or len(color) != 8:
        return False
    alpha, *channels = (int(color[at : at + 2], 16) for at in (0, 2, 4, 6))
    return alpha < 16 or min(channels) >= _NEAR_WHITE


@lru_cache(maxsize=256)
def _is_dark(color: str | None) -> bool:
    if not color or len(color) != 8:
        return False
    alpha, *channels = (int(color[at : at + 2], 16) for at in (0, 2, 4, 6))
    return alpha > 200 and min(channels) < _DARK


def _stand_on_dark(boxes: Sequence[Box], graphics: NativeGraphics | None) -> bool:
    """Whether the shape painted last under each end and the middle of every box is dark, as in the heads of tables."""
    if graphics is None:
        return False
    filled = [shape for shape in islice(graphics.shapes, _MOST_SHAPES) if shape.fill]
    grounds = [(shape.bbox, _is_dark(shape.fill_color)) for shape in reversed(filled)]
    return all(
        _ground_is_dark(x, (box.y0 + box.y1) / 2, grounds)
        for box in boxes
        for x in (box.x0 + 1, (box.x0 + box.x1) / 2, box.x1 - 1)
    )


def _ground_is_dark(x: float, y: float, grounds: Sequence[tuple[NativeBox, bool]]) -> bool:
    for at, is_dark in grounds:
        if at.x <= x <= at.x + at.width and at.y <= y <= at.y + at.height:
            return is_dark
    return False
