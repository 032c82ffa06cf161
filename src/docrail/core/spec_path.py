"""Where something stands in a spec: `rail[2].json.policies[0]`, as text and as parts."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_PART = re.compile(r"\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|([^.\[\]]+)")
_PLAIN = re.compile(r"[^.\[\]'\\]+")


def format_path(path: Iterable[str | int]) -> str:
    """The path as a person reads it.

    >>> format_path(("rail", 2, "json", "policies", 0)), format_path(("fields", "a.b", "type"))
    ('rail[2].json.policies[0]', "fields['a.b'].type")
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += "['" + part.replace("\\", "\\\\").replace("'", "\\'") + "']"
    return text


def parse_path(text: str) -> Path:
    """The parts of a path that `format_path` wrote.

    >>> parse_path("rail[2].json.policies[0]")
    ('rail', 2, 'json', 'policies', 0)
    """
    return tuple(
        int(index) if index else plain or re.sub(r"\\(.)", r"\1", quoted)
        for index, quoted, plain in _PART.findall(text)
    )


def find_line(lines: Mapping[Path, int], path: Path) -> int | None:
    """The line of `path`, or of the nearest thing around it.

    A stage may carry its options directly, so `rail[2].json.policies` may stand at `rail[2].policies`.
    """
    while True:
        if path in lines:
            return lines[path]
        inline = (*path[:2], *path[3:])
        if path[:1] == ("rail",) and path[2:3] == ("json",) and inline in lines:
            return lines[inline]
        if not path:
            return None
        path = path[:-1]


def suggest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'dates'?` when a known word is near, else the known words, else nothing.

    >>> suggest("date", ["dates", "totals"]), suggest("x", ["dates", "totals"]), suggest("x", [])
    ("; did you mean 'dates'?", '; there are: dates, totals', '')
    """
    words = sorted(set(known))
    near = get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    if not words:
        return ""
    listed = ", ".join(words[:8])
    return f"; there are: {listed}{', …' if len(words) > 8 else ''}"
