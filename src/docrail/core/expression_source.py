"""Read an expression's source: which fields it names, and the same text with every number a double."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import takewhile

GUARD = "docrail_has_"
"""What a variable is called that says whether a field has a value."""

_COUNT = "docrail_size"
_TOKEN = re.compile(
    r"""(?P<string>[rRbB]{0,2}(?:\"\"\"(?:.|\n)*?\"\"\"|'''(?:.|\n)*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
      | (?P<comment>//[^\n]*)
      | (?P<number>0[xX][0-9a-fA-F]+u?|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?)
      | (?P<name>[^\W\d]\w*)
      | (?P<space>\s+)
      | (?P<sign>.)""",
    re.VERBOSE,
)
_WORDS = {"true", "false", "null", "in"}
_MACROS = {"all", "exists", "exists_one", "map", "filter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """`text` to compile; `reads` and `guards` are fields; `starts` pairs offsets here and in the source."""

    text: str
    reads: frozenset[str]
    guards: frozenset[str]
    starts: tuple[tuple[int, int], ...]

    def position(self, offset: int) -> int:
        """The offset in the source of what stands at `offset` of `text`."""
        new, old = max((pair for pair in self.starts if pair[0] <= offset), default=(0, 0))
        later = min((pair[1] for pair in self.starts if pair[0] > new), default=old + 1)
        return min(old + offset - new, max(old, later - 1))

    @staticmethod
    def restore(message: str) -> str:
        """`message` in the words of the source."""
        return message.replace(_COUNT, "size").replace(GUARD, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    kind: str
    text: str
    start: int
    depth: tuple[str, ...]
    """The open brackets round it: `(`, `[` for a list, `i` for an index."""


def rewrite(source: str, names: Collection[str]) -> Rewritten:
    """`source` with whole numbers as doubles (but in an index) and `has_value(field)` as a variable.

    >>> rewrite("quantity > 0 && has_value(tax)", ["quantity", "tax"]).text
    'quantity > 0.0 && docrail_has_tax'
    """
    tokens = _tokens(source)
    bound = _bound(tokens)
    out: list[str] = []
    starts: list[tuple[int, int]] = []
    reads: set[str] = set()
    guards: set[str] = set()
    length = position = 0
    while position < len(tokens):
        token = tokens[position]
        text, taken = token.text, 1
        dotted = position > 0 and tokens[position - 1].text == "."
        if guarded := _guarded(tokens, position, names):
            text, taken = GUARD + guarded, 4
            guards.add(guarded)
        elif token.kind == "name":
            called = position + 1 < len(tokens) and tokens[position + 1].text == "("
            if not dotted and not called and text in names and text not in bound:
                reads |= {text} - _WORDS
            text = _called(text, token) if called else text
        elif token.kind == "number" and text.isdigit() and "i" not in token.depth:
            text += ".0"
        starts.append((length, token.start))
        out.append(text)
        length += len(text)
        position += taken
    return Rewritten(
        text="".join(out), reads=frozenset(reads), guards=frozenset(guards), starts=tuple(starts)
    )


def growth(source: str) -> int:
    """How often the variables of `map`, `all`, … can multiply what they stand for, at most.

    >>> growth("lines.all(l, near(l.quantity * l.price, l.amount, 0.01))")
    3
    """
    solid = _solid(_tokens(source))
    product = 1
    for start in _macros(solid):
        product *= max(1, _uses(solid[start + 4 :], solid[start + 3].text, len(solid[start + 2].depth)))
    return product


def _uses(tokens: list[_Token], variable: str, depth: int) -> int:
    body = takewhile(lambda token: len(token.depth) > depth, tokens)
    return sum(token.kind == "name" and token.text == variable for token in body)


def _tokens(source: str) -> list[_Token]:
    """Without white space between the tokens that matter: a space is a token of its own, glued to none."""
    tokens: list[_Token] = []
    depth: tuple[str, ...] = ()
    last = ""
    for match in _TOKEN.finditer(source):
        kind, text = match.lastgroup or "sign", match.group()
        if text in {")", "]", "}"} and kind == "sign":
            depth = depth[:-1]
        tokens.append(_Token(kind=kind, text=text, start=match.start(), depth=depth))
        if kind == "sign" and text in {"(", "[", "{"}:
            index = text == "[" and (last in {"name", ")", "]"})
            depth = (*depth, "i" if index else text)
        if kind not in {"space", "comment"}:
            last = kind if kind == "name" and text != "in" else text
    return tokens


def _solid(tokens: list[_Token]) -> list[_Token]:
    return [token for token in tokens if token.kind not in {"space", "comment"}]


def _bound(tokens: list[_Token]) -> set[str]:
    solid = _solid(tokens)
    return {solid[start + 3].text for start in _macros(solid)}


def _macros(solid: list[_Token]) -> Iterator[int]:
    """Where `.map(x,` and its like start."""
    for start in range(len(solid) - 4):
        dot, macro, bracket, variable, comma = solid[start : start + 5]
        if (dot.text, bracket.text, comma.text) == (".", "(", ",") and macro.text in _MACROS:
            yield from [start] if variable.kind == "name" else []


def _guarded(tokens: list[_Token], position: int, names: Collection[str]) -> str | None:
    four = [token.text for token in tokens[position : position + 4]]
    if len(four) == 4 and four[0] == "has_value" and four[1] == "(" and four[3] == ")" and four[2] in names:
        return four[2]
    return None


def _called(text: str, token: _Token) -> str:
    if text == "size" and "i" not in token.depth:
        return _COUNT
    return "has" if text == "has_value" else text
