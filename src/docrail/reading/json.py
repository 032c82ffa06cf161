"""JSON: one line `key: value` for each leaf, addressed by its JSON pointer."""

from collections.abc import Iterator

import msgspec

from docrail.core.model import Layout, Source
from docrail.reading.decode import decode
from docrail.reading.grid import Grid
from docrail.reading.limits import Limits, Terms, cut_short, too_large
from docrail.reading.text import cut_text
from docrail.reading.text import read as read_text

_INDENT = 2


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a JSON file; JSON Lines are read as one list, and what is no JSON as text."""
    text, issues = decode(data)
    text, cut = cut_text(text, terms=terms)
    value = _parse(text, limits=terms.limits)
    if value is None:
        return read_text(data, media_type="text/plain", terms=terms)
    grid = Grid()
    for count, (pointer, depth, line) in enumerate(_walk(value, limits=terms.limits)):
        if count >= terms.limits.cells:
            message = f"Only the first {count:,} values were read"
            cut = (*cut, cut_short(message, limits=terms.limits, name="cells"))
            break
        grid.add_text(line, address=pointer, column=depth * _INDENT)
    page = grid.page(number=1, source=Source.MARKUP)
    return Layout(media_type=media_type, pages=(page,), issues=issues + cut)


def _parse(text: str, *, limits: Limits) -> object:
    """The value, the list of the values of its lines, or None where it is no JSON."""
    decoder = msgspec.json.Decoder()
    for parse in (decoder.decode, decoder.decode_lines):
        try:
            return parse(text)
        except msgspec.DecodeError:
            continue
        except RecursionError as error:
            what = "The JSON is nested deeper than can be parsed"
            raise too_large(what, limits=limits, name="depth", advice="flatten it") from error
    return None


def _walk(value: object, *, limits: Limits) -> Iterator[tuple[str, int, str]]:
    """(pointer, depth, line) in reading order, without recursion."""
    stack: list[tuple[str, int, str, object]] = [("", 0, "", value)]
    while stack:
        pointer, depth, label, item = stack.pop()
        if depth > limits.depth:
            what = f"The JSON is nested {depth} levels deep"
            raise too_large(what, limits=limits, name="depth", advice="flatten it")
        children = _children(item)
        if children is None:
            yield pointer, depth, f"{label}: {_show(item)}" if label else _show(item)
            continue
        if label:
            yield pointer, depth, f"{label}:"
        inner = depth + 1 if label else depth
        for key, child in reversed(children):
            token = key.replace("~", "~0").replace("/", "~1")
            stack.append((f"{pointer}/{token}", inner, key, child))


def _children(item: object) -> list[tuple[str, object]] | None:
    if isinstance(item, dict):
        return [(str(key), child) for key, child in item.items()]
    if isinstance(item, list):
        return [(str(index), child) for index, child in enumerate(item)]
    return None


def _show(item: object) -> str:
    if item is None:
        return ""
    if isinstance(item, bool):
        return "true" if item else "false"
    return " ".join(str(item).split())
