"""Colours as a person sees them: whether text stands out from what is behind it."""

import re

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
_NAMES: dict[str, Colour] = {
    "white": WHITE,
    "black": BLACK,
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "navy": (0, 0, 128),
    "darkblue": (0, 0, 139),
    "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211),
}
_HEX = re.compile(r"#?([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})", re.I)
_FUNCTION = re.compile(
    r"rgba?\(\s*([\d.]+%?)[\s,]+([\d.]+%?)[\s,]+([\d.]+%?)(?:[\s,/]+([\d.]+%?))?\s*\)", re.I
)
_ALMOST = 12


def parse_colour(text: str) -> Colour | None:
    """The colour that `text` names: `#fff`, `FFFFFF`, `white`, `rgb(255, 255, 255)`; None for another word.

    >>> parse_colour("#fff"), parse_colour("rgb(0 128 255)"), parse_colour("auto")
    ((255, 255, 255), (0, 128, 255), None)
    """
    text = text.strip().lower()
    if text in _NAMES:
        return _NAMES[text]
    if match := _HEX.fullmatch(text):
        digits = match[1] if len(match[1]) >= 6 else "".join(2 * digit for digit in match[1])
        return (int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))
    if match := _FUNCTION.fullmatch(text):
        return (_part(match[1]), _part(match[2]), _part(match[3]))
    return None


def is_transparent(text: str) -> bool:
    """Whether nothing is seen of the colour: `transparent`, or an alpha of (nearly) zero."""
    text = text.strip().lower()
    match = _FUNCTION.fullmatch(text)
    if match and match[4]:
        return float(match[4].rstrip("%")) <= (5 if match[4].endswith("%") else 0.05)
    return text == "transparent" or bool(re.fullmatch(r"#[0-9a-f]{6}00|#[0-9a-f]{3}0", text))


def looks_same(one: Colour, other: Colour) -> bool:
    """Whether text of the one colour cannot be made out on the other.

    >>> looks_same((254, 254, 254), WHITE), looks_same((200, 200, 200), WHITE)
    (True, False)
    """
    return all(abs(a - b) <= _ALMOST for a, b in zip(one, other, strict=True))


def _part(text: str) -> int:
    try:
        number = float(text.rstrip("%"))
    except ValueError:
        return 0
    return min(round(number * 2.55) if text.endswith("%") else round(number), 255)
