"""The declarations that reach each element of a web page: its style sheets by weight, then its own style."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

Style = dict[str, str]

_COMMENT = re.compile(r"/\*.*?(\*/|\Z)", re.S)
_PRINT = re.compile(r"@media\s+print\s*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.I)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_NOT_THE_PAGE = re.compile(
    r"::|:(hover|focus|active|visited|checked|target|before|after|first-l|placeholder)|@", re.I
)
_MOST_TEXT = 200_000
_MOST_MATCHES = 500_000


def read_sheets(tree: LexborHTMLParser) -> dict[int, Style]:
    """What the style sheets inside the page declare for an element, by its `mem_id`."""
    rules = [rule for sheet in tree.css("style") for rule in _find_rules(sheet.text()[:_MOST_TEXT])]
    declared: dict[int, Style] = {}
    left = _MOST_MATCHES
    for _, selector, style in sorted(rules, key=lambda rule: rule[0]):
        nodes = _select(tree, selector)[:left]
        left -= len(nodes)
        for node in nodes:
            declared[node.mem_id] = _merge(declared.get(node.mem_id, {}), style)
    return declared


def style_of(node: LexborNode, sheets: dict[int, Style]) -> Style:
    """The declarations for `node`; names in lower case, values without `!important`."""
    own = node.attributes.get("style")
    style = sheets.get(node.mem_id, {})
    if own:
        style = _merge(style, parse_style(own))
    return {name: value.removesuffix("!important").strip() for name, value in style.items()}


def parse_style(text: str) -> Style:
    """The declarations of a style attribute or of the body of a rule.

    >>> parse_style("Color: #FFF; display:none")
    {'color': '#fff', 'display': 'none'}
    """
    style: Style = {}
    for declaration in _COMMENT.sub(" ", text).split(";"):
        name, found, value = declaration.partition(":")
        if found:
            style = _merge(style, {name.strip().lower(): " ".join(value.lower().split())})
    return style


def _merge(before: Style, after: Style) -> Style:
    """`after` wins, but not over what is `!important` before it."""
    kept = {name: value for name, value in before.items() if value.endswith("!important") and name in after}
    stronger = {name: after[name] for name in kept if after[name].endswith("!important")}
    return before | after | kept | stronger


def _find_rules(sheet: str) -> list[tuple[tuple[int, int, int], str, Style]]:
    """(weight, selector, declarations) of each rule that tells how elements look on a screen."""
    text = _PRINT.sub("", _COMMENT.sub(" ", sheet))
    found = []
    for selectors, body in _RULE.findall(text):
        style = parse_style(body)
        for selector in selectors.split(","):
            if style and not _NOT_THE_PAGE.search(selector):
                found.append((_weigh(selector), selector.strip(), style))
    return found


def _weigh(selector: str) -> tuple[int, int, int]:
    classes = len(re.findall(r"[.\[]|:(?!:)", selector))
    return (selector.count("#"), classes, len(re.findall(r"(?:^|[\s>+~])[a-z]", selector, re.I)))


def _select(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    try:
        return tree.css(selector)
    except (SelectolaxError, ValueError, RuntimeError):
        return []
