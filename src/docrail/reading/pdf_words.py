"""Words of one PDF page as the text layer gives them: level ones, turned ones, and those outside the page."""

import unicodedata
from dataclasses import dataclass

from liteparse.types import ParsedPage, TextItem

from docrail.core.model import Box, Word

_NEAR_WHITE = 0xF0


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWords:
    """`level` words to be grouped into lines, `turned` runs that are lines already, texts `outside` the page."""

    level: tuple[Word, ...]
    turned: tuple[tuple[Word, ...], ...]
    outside: tuple[str, ...]
    has_white: bool


def find_words(page: ParsedPage) -> FoundWords:
    """All words of the page's text layer."""
    level: list[Word] = []
    turned: list[tuple[Word, ...]] = []
    outside: list[str] = []
    has_white = False
    for item in page.text_items:
        words = _split(item)
        if not words:
            continue
        if _is_outside(item, page):
            outside.append(item.text.strip())
            continue
        has_white = has_white or _is_pale(item.fill_color)
        if abs(item.rotation) % 360 > 2 and item.height > item.width:
            turned.append(words)
        else:
            level.extend(words)
    return FoundWords(level=tuple(level), turned=tuple(turned), outside=tuple(outside), has_white=has_white)


def is_garbled(page: ParsedPage) -> bool:
    """Whether the text layer is no language: private-use, unassigned or replacement characters in a fifth of it."""
    text = "".join(item.text for item in page.text_items)
    if text.isascii():
        return False
    dense = "".join(text.split())
    wrong = sum(char == "\ufffd" or unicodedata.category(char) in ("Co", "Cn", "Cc") for char in dense)
    return wrong > 0.2 * len(dense)


def _split(item: TextItem) -> tuple[Word, ...]:
    if item.words:
        return tuple(
            Word(text=clean, box=_box(word.x, word.y, word.width, word.height))
            for word in item.words
            if (clean := _clean(word.text))
        )
    clean = _clean(item.text)
    return (Word(text=clean, box=_box(item.x, item.y, item.width, item.height)),) if clean else ()


def _clean(text: str) -> str:
    """Without soft hyphens, zero-width and control characters; ligatures stay as they are printed."""
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = (char for char in text if char.isspace() or unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    return "".join(kept).strip()


def _box(x: float, y: float, width: float, height: float) -> Box:
    return Box(x0=round(x, 2), y0=round(y, 2), x1=round(x + width, 2), y1=round(y + height, 2))


def _is_outside(item: TextItem, page: ParsedPage) -> bool:
    middle_x, middle_y = item.x + item.width / 2, item.y + item.height / 2
    return not (-2 <= middle_x <= page.width + 2 and -2 <= middle_y <= page.height + 2)


def _is_pale(color: str | None) -> bool:
    """ARGB in hex: transparent or nearly white."""
    if not color or len(color) != 8:
        return False
    alpha, *channels = (int(color[at : at + 2], 16) for at in (0, 2, 4, 6))
    return alpha < 16 or min(channels) >= _NEAR_WHITE
