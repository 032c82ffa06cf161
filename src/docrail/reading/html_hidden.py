"""Which parts of a web page a person does not see, and why."""

import re
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborNode

from docrail.reading.colour import BLACK, WHITE, Colour, is_transparent, looks_same, parse_colour
from docrail.reading.html_style import Style, style_of

_LENGTH = re.compile(r"(-?\d*\.?\d+)\s*(px|pt|pc|in|cm|mm|r?em|ex|ch|%|vw|vh)?")
_POINTS = {
    **{"px": 0.75, "": 0.75, "pt": 1.0, "pc": 12.0, "in": 72.0, "cm": 28.35, "mm": 2.835},
    **{"em": 12.0, "rem": 12.0, "ex": 6.0, "ch": 6.0, "%": 8.0, "vw": 8.0, "vh": 8.0},
}
_SHIFTS = ("left", "top", "right", "bottom", "text-indent", "margin-left", "margin-top", "margin-right")
_FAR_BACK, _FAR_OUT, _TINY = -75.0, 3600.0, 1.0
_CLIPPED = re.compile(r"rect\(\s*(0|1px)|inset\(\s*(50|[5-9]\d|100)%|(circle|ellipse)\(\s*0|polygon\(\s*0")
_MOVED = re.compile(r"scale[xy]?\(\s*0*\.?0+\s*[,)]|translate[xy]?\([^)]*-\s*\d{4,}")
_PICTURE = re.compile(r"url\(|gradient\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What text inherits: its colour (None: nothing is seen of it), what is behind it (None: unknown), its size."""

    colour: Colour | None = BLACK
    behind: Colour | None = WHITE
    is_tiny: bool = False

    @property
    def reason(self) -> str | None:
        """Why text that looks so is not seen, or None."""
        if self.is_tiny:
            return "tiny text"
        if self.colour is None or (self.behind is not None and looks_same(self.colour, self.behind)):
            return "text in the colour of its background"
        return None


def enter(node: LexborNode, around: Look, *, sheets: dict[int, Style]) -> tuple[Look, str | None]:
    """How text directly in `node` looks, and the reason why nobody sees the whole of `node`, or None."""
    attributes = node.attributes
    if not attributes and node.mem_id not in sheets and node.tag != "dialog":
        return around, None
    style = style_of(node, sheets)
    reason = _why_element(node.tag or "", attributes) or _why_style(style)
    return _look(around, style, attributes), reason


def _why_element(tag: str, attributes: dict[str, str | None]) -> str | None:
    if "hidden" in attributes or (tag == "input" and attributes.get("type") == "hidden"):
        return "hidden attribute"
    if (attributes.get("aria-hidden") or "").lower() == "true":
        return "hidden from screen readers"
    return "closed dialog" if tag == "dialog" and "open" not in attributes else None


def _why_style(style: Style) -> str | None:
    if not style:
        return None
    if (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or style.get("content-visibility") == "hidden"
        or _share(style.get("opacity", "1")) <= 0.05
        or re.search(r"opacity\(\s*0", style.get("filter", ""))
    ):
        return "hidden by its style"
    if _is_clipped(style):
        return "no room to be seen"
    return "off the page" if _is_off_page(style) else None


def _is_clipped(style: Style) -> bool:
    if _CLIPPED.search(style.get("clip", "")) or _CLIPPED.search(style.get("clip-path", "")):
        return True
    if style.get("overflow", style.get("overflow-y", "visible")) in ("visible", "auto", "scroll"):
        return False
    sizes = [style[name] for name in ("width", "height", "max-width", "max-height") if name in style]
    return any((points := _points(size)) is not None and points <= _TINY for size in sizes)


def _is_off_page(style: Style) -> bool:
    if _MOVED.search(style.get("transform", "")):
        return True
    shifts = {name: _points(style[name]) for name in _SHIFTS if name in style}
    is_placed = style.get("position") in ("absolute", "fixed")
    return any(
        points is not None and (points <= _FAR_BACK or (is_placed and points >= _FAR_OUT))
        for points in shifts.values()
    )


def _look(around: Look, style: Style, attributes: dict[str, str | None]) -> Look:
    look = around
    background = style.get("background-color") or style.get("background") or attributes.get("bgcolor")
    if background:
        look = replace(look, behind=_behind(background, around.behind))
    colour = style.get("-webkit-text-fill-color") or style.get("color") or attributes.get("color")
    if colour and colour not in ("inherit", "currentcolor", "unset"):
        shown = None if is_transparent(colour) else parse_colour(colour) or BLACK
        look = replace(look, colour=shown)
    if size := style.get("font-size"):
        look = replace(look, is_tiny=_is_tiny(size, around))
    return look


def _behind(background: str, around: Colour | None) -> Colour | None:
    if _PICTURE.search(background):
        return None
    if is_transparent(background) or background in ("none", "inherit", "initial"):
        return around
    words = re.findall(r"rgba?\([^)]*\)|[^\s()]+", background)
    found = (colour for word in words if (colour := parse_colour(word)) is not None)
    return next(found, None)


def _is_tiny(size: str, around: Look) -> bool:
    match = _LENGTH.fullmatch(size)
    if match is None:
        return around.is_tiny and size in ("inherit", "unset", "smaller", "larger")
    number, unit = float(match[1]), match[2] or ""
    if unit in ("%", "em", "ex", "ch"):
        return around.is_tiny or number <= (10 if unit == "%" else 0.1)
    return number * _POINTS[unit] <= _TINY


def _points(length: str) -> float | None:
    match = _LENGTH.match(length)
    return float(match[1]) * _POINTS[match[2] or ""] if match else None


def _share(opacity: str) -> float:
    match = _LENGTH.fullmatch(opacity)
    if match is None:
        return 1.0
    return float(match[1]) / (100 if match[2] == "%" else 1)
