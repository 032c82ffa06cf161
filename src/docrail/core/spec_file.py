"""Read a spec file: YAML or JSON text, or a JSON Schema, into a spec; every problem with its line."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Value
from docrail.core.spec import Spec
from docrail.core.spec_build import build_spec
from docrail.core.spec_jsonschema import convert_json_schema, is_json_schema
from docrail.core.spec_path import Path, find_line, format_path, parse_path
from docrail.core.spec_schema import Finding, check_document
from docrail.core.spec_yaml import read_yaml


class SchemaModel(Protocol):
    """What can say its own JSON Schema: a class derived from Pydantic's BaseModel."""

    __name__: str

    def model_json_schema(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecFile:
    """A spec file as read: what is wrong with it, and the spec as far as it can be made out.

    With `problems` the spec is only good for finding more of them.
    """

    origin: str
    spec: Spec | None
    problems: tuple[Problem, ...]
    lines: Mapping[Path, int] = field(default_factory=dict)

    def at_lines(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """The problems with the lines on which they stand in the file, sorted by line."""
        placed = [replace(one, line=one.line or self._line(parse_path(one.path))) for one in problems]
        return tuple(sorted(placed, key=lambda one: one.line or 0))

    def _line(self, path: Path) -> int | None:
        return find_line(self.lines, path if path in self.lines else _in_json_schema(path, self.lines))


def read_spec(text: str, *, origin: str) -> SpecFile:
    """What the text says and everything wrong with how it says it; raises nothing."""
    marked = read_yaml(text)
    if not marked.lines:
        return SpecFile(origin=origin, spec=None, problems=marked.problems)
    read = _read_document(marked.value, name=_name_from(origin))
    file = replace(read, origin=origin, lines=marked.lines)
    return replace(file, problems=file.at_lines((*marked.problems, *file.problems)))


def parse_spec(text: str, *, origin: str) -> Spec:
    """The spec that a file holds; `origin` names the file in messages.

    Raises InvalidInput with every problem at once, each with its line.

    >>> parse_spec("{name: Notes, fields: {title: {}}, rail: [{type: schema}]}", origin="notes.yaml").name
    'Notes'
    """
    return _accept(read_spec(text, origin=origin))


def spec_from_model(model: SchemaModel) -> Spec:
    """The spec that a Pydantic model describes: its fields on a rail of transfer and extraction.

    Raises InvalidInput when a part of the model's JSON Schema makes no field.
    """
    read = _read_document(model.model_json_schema(), name=model.__name__)
    return _accept(replace(read, origin=model.__name__))


def _accept(file: SpecFile) -> Spec:
    if file.problems or file.spec is None:
        count = "one problem" if len(file.problems) == 1 else f"{len(file.problems)} problems"
        raise InvalidInput(f"{file.origin} has {count}", file.problems)
    return file.spec


def _read_document(document: Value, *, name: str) -> SpecFile:
    findings: tuple[Finding, ...] = ()
    if isinstance(document, Mapping) and is_json_schema(document):
        converted = convert_json_schema(document, name=name)
        document, findings = converted.document, converted.findings
    found = (*findings, *check_document(document), *_twice(document))
    problems = tuple(Problem(path=format_path(one.path), message=one.message) for one in found)
    return SpecFile(origin=name, spec=_build(document, found), problems=problems)


def _build(document: Value, findings: Sequence[Finding]) -> Spec | None:
    """The spec without the parts that are wrong, if it makes sense without them."""
    if not all(finding.loose for finding in findings):
        return None
    rest = deepcopy(document)
    for finding in findings:
        _cut(rest, finding.path)
    if not isinstance(rest, Mapping) or check_document(rest):
        return None
    return build_spec(rest)


def _cut(document: Value, path: Path) -> None:
    """Take out what stands at `path`; a field stays, so that its name is known."""
    place: Any = document
    for step in path[:-1]:
        if isinstance(place, dict) and step not in place:
            return
        place = place[step]
    if isinstance(place, dict) and path[:-1] == ("fields",):
        place[path[-1]] = {}
    elif isinstance(place, dict):
        place.pop(path[-1], None)


def _twice(document: Value) -> list[Finding]:
    """Options that a stage has both in `json` and beside it."""
    rail = document.get("rail") if isinstance(document, Mapping) else None
    found = []
    for number, stage in enumerate(rail if isinstance(rail, list) else ()):
        options = stage.get("json") if isinstance(stage, Mapping) else None
        for key in options if isinstance(options, Mapping) else ():
            if key in stage and key not in ("type", "name", "json"):
                message = f"'{key}' stands here and in json; write it once"
                found.append(Finding(path=("rail", number, key), message=message, loose=True))
    return found


def _in_json_schema(path: Path, lines: Mapping[Path, int]) -> Path:
    """Where a field of the spec stands in the JSON Schema that it came from."""
    if ("fields",) in lines or path[:1] != ("fields",):
        return path
    return ("properties", *path[1:])


def _name_from(origin: str) -> str:
    stem = origin.replace("\\", "/").rsplit("/", 1)[-1].split(".", 1)[0]
    return stem.replace("_", " ").replace("-", " ").strip().capitalize() or "Documents"
