"""Read YAML or JSON text into plain values, and remember the line on which everything stands."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from docrail.core.errors import Problem
from docrail.core.model import Value
from docrail.core.spec_path import Path, format_path

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
MAX_VALUES = 100_000

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_SURROGATES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\.")
_WORDS: Mapping[str, Value] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A value as read, the line (from 1) of each path in it, and what is wrong with the text itself."""

    value: Value
    lines: Mapping[Path, int]
    problems: tuple[Problem, ...]


def read_yaml(text: str) -> Marked:
    """The one document in `text`.

    Scalars are read as YAML 1.2 and JSON mean them: only JSON's numbers, true, false and null are not
    text, so that `no`, `2024-01-31`, `007` and `+49` stay what a person wrote.

    >>> read_yaml("country: no\\ndate: 2024-01-31").value
    {'country': 'no', 'date': '2024-01-31'}
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        return _failed(f"is larger than {MAX_BYTES:,} bytes; look-up tables belong in files of their own")
    reader = _Reader(events=_events(_as_yaml(text)))
    try:
        value = reader.read_document()
    except _Stop as stop:
        return _failed(str(stop), line=stop.line, earlier=tuple(reader.problems))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        return _failed(_explain(error), line=line, earlier=tuple(reader.problems))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return _failed(f"a character that no text has (#x{error.character:04x}); remove it", line=line)
    return Marked(value=value, lines=reader.lines, problems=tuple(reader.problems))


class _Stop(Exception):  # noqa: N818 - it never leaves this module
    """Nothing sensible can be read after this."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Builds values from the events of one document."""

    events: Iterator[yaml.Event]
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, Value] = field(default_factory=dict)
    count: int = 0

    def read_document(self) -> Value:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise _Stop("is empty; write at least name, fields and rail", None)
        value = self.read(next(self.events), ())
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise _Stop("a second document begins here; write one spec in a file", _line(after))
        return value

    def read(self, event: yaml.Event, path: Path) -> Value:
        self.lines.setdefault(path, _line(event))
        self._count(1, event)
        self._check_depth(len(path), event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        self._check_tag(event, path)
        value = self._read_node(event, path)
        if anchor := getattr(event, "anchor", None):
            self.anchors[anchor] = value
        return value

    def _read_node(self, event: yaml.Event, path: Path) -> Value:
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        assert isinstance(event, yaml.ScalarEvent)
        return _scalar(event)

    def _mapping(self, path: Path) -> Value:
        found: dict[str, Value] = {}
        first: dict[str, int] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._key(event)
            place = (*path, key)
            line = _line(event)
            if key in found:
                self._report(place, line, f"'{key}' stands here a second time (first on line {first[key]})")
                self.read(next(self.events), (*path, key, "again"))
                continue
            self.lines[place], first[key] = line, line
            found[key] = self.read(next(self.events), place)
        return found

    def _sequence(self, path: Path) -> Value:
        found: list[Value] = []
        for event in self._until(yaml.SequenceEndEvent):
            found.append(self.read(event, (*path, len(found))))
        return found

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self.events), end):
            yield event

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise _Stop("a key must be text, not a list or an object", _line(event))
        if event.value == "<<" and not event.style:
            raise _Stop("merge keys (<<) are not read; write the keys out", _line(event))
        return str(event.value)

    def _alias(self, event: yaml.AliasEvent, path: Path) -> Value:
        if event.anchor not in self.anchors:
            raise _Stop(f"no anchor '&{event.anchor}' stands before this", _line(event))
        value = self.anchors[event.anchor]
        self._count(_size(value), event)
        self._check_depth(len(path) + _depth(value), event)
        return value

    def _check_depth(self, depth: int, event: yaml.Event) -> None:
        if depth > MAX_DEPTH:
            raise _Stop(f"is nested deeper than {MAX_DEPTH} levels", _line(event))

    def _count(self, more: int, event: yaml.Event) -> None:
        self.count += more
        if self.count > MAX_VALUES:
            raise _Stop(f"holds more than {MAX_VALUES:,} values (aliases count each time)", _line(event))

    def _check_tag(self, event: yaml.Event, path: Path) -> None:
        tag = getattr(event, "tag", None)
        if tag in (None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            return
        self._report(path, _line(event), f"the tag '{tag}' is not read; remove it")

    def _report(self, path: Path, line: int, message: str) -> None:
        self.problems.append(Problem(path=format_path(path), message=message, line=line))


def _scalar(event: yaml.ScalarEvent) -> Value:
    text = str(event.value)
    if event.style or event.tag == "tag:yaml.org,2002:str":
        return text
    if text in _WORDS:
        return _WORDS[text]
    found = _NUMBER.fullmatch(text)
    if not found:
        return text
    return _number(text, whole=found[2] is None and found[3] is None)


def _number(text: str, *, whole: bool) -> Value:
    """What does not fit into 64 bits stays text: it is an identifier, not an amount."""
    number = int(text) if whole and len(text) <= 20 else float(text)
    if whole:
        return number if -(2**63) <= number < 2**63 and isinstance(number, int) else text
    return number if abs(number) != float("inf") else text


def _size(value: Value) -> int:
    return 1 + sum(map(_size, _parts(value)))


def _depth(value: Value) -> int:
    return max((1 + _depth(part) for part in _parts(value)), default=0)


def _parts(value: Value) -> Iterable[Value]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _line(event: yaml.Event) -> int:
    return int(event.start_mark.line) + 1 if event.start_mark else 1


def _events(text: str) -> Iterator[yaml.Event]:
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    return iter(yaml.parse(text, Loader=loader))


def _as_yaml(text: str) -> str:
    """JSON that YAML 1.1 would stumble over (tabs, escaped pairs of surrogates), on the same lines."""
    text = text.removeprefix("\ufeff")
    if not text.lstrip().startswith("{"):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _SURROGATES.sub(_join_surrogates, text.replace("\t", " "))


def _join_surrogates(found: re.Match[str]) -> str:
    if not found[1]:
        return found[0]
    return chr(0x10000 + ((int(found[1], 16) - 0xD800) << 10) + (int(found[2], 16) - 0xDC00))


def _explain(error: yaml.MarkedYAMLError) -> str:
    """The parser's own words, and what to do in the cases that people meet."""
    problem = str(error.problem)
    if "'\\t'" in problem or "cannot start any token" in problem:
        return f"this is not YAML: {problem}; indent with spaces and put text with special signs in quotes"
    if "mapping values are not allowed" in problem:
        return "this is not YAML: a second ': ' on one line; put the text in quotes"
    context = f" {error.context}" if error.context else ""
    return f"this is not YAML:{context}: {problem}" if context else f"this is not YAML: {problem}"


def _failed(message: str, *, line: int | None = None, earlier: tuple[Problem, ...] = ()) -> Marked:
    return Marked(value=None, lines={}, problems=(*earlier, Problem(path="", message=message, line=line)))
