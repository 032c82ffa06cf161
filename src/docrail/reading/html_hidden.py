"""Which elements of a web page a person does not see, and why."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|opacity\s*:\s*0(\.0*)?\s*(;|$|!)"
    r"|font-size\s*:\s*(0*\.?0+[a-z%]*|[01](\.\d+)?(px|pt))\s*(;|$|!)"
    r"|(left|top|text-indent|margin-left)\s*:\s*-\d{3,}|clip\s*:\s*rect\(\s*0",
    re.I,
)
_COLOR = re.compile(r"(?<![-\w])color\s*:\s*(#[0-9a-f]{3,8}|[a-z]+)", re.I)
_BACKGROUND = re.compile(r"background(?:-color)?\s*:\s*(#[0-9a-f]{3,8}|[a-z]+)", re.I)
_NOT_ON_SCREEN = re.compile(r"/\*.*?\*/|@media\s+print\s*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.S)
_HIDING_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_WHITE = frozenset({"white", "#fff", "#ffffff", "#ffff", "#ffffffff"})


def why_hidden(node: LexborNode, concealed: frozenset[int]) -> str | None:
    """The reason why nobody sees `node`, or None; `concealed` is what `find_concealed` gave."""
    attributes = node.attributes
    if "hidden" in attributes or (node.tag == "input" and attributes.get("type") == "hidden"):
        return "hidden attribute"
    if node.mem_id in concealed:
        return "hidden by a style sheet"
    style = attributes.get("style") or ""
    return _why_style_hides(style) if style else None


def find_concealed(tree: LexborHTMLParser) -> frozenset[int]:
    """Elements that a rule of a style sheet inside the page hides."""
    concealed: set[int] = set()
    for sheet in tree.css("style"):
        for selector, rule in _HIDING_RULE.findall(_NOT_ON_SCREEN.sub("", sheet.text()[:200_000])):
            if _INVISIBLE.search(rule) and "@" not in selector and ":" not in selector:
                concealed.update(_select(tree, selector.strip()))
    return frozenset(concealed)


def _why_style_hides(style: str) -> str | None:
    if _INVISIBLE.search(style):
        return "hidden by its style"
    color, background = _COLOR.search(style), _BACKGROUND.search(style)
    if color is None:
        return None
    behind = background.group(1).lower() if background else "white"
    shown = color.group(1).lower()
    same = shown == behind or (shown in _WHITE and behind in _WHITE)
    return "text in the colour of its background" if same or shown == "transparent" else None


def _select(tree: LexborHTMLParser, selector: str) -> list[int]:
    try:
        return [node.mem_id for node in tree.css(selector)]
    except (ValueError, RuntimeError):
        return []
