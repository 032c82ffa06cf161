"""Turn a plain JSON Schema (also one that Pydantic wrote) into the document of a spec."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from docrail.core.model import Value
from docrail.core.spec_path import Path
from docrail.core.spec_schema import Finding

_KEPT = (
    "type",
    "format",
    "title",
    "description",
    "enum",
    "examples",
    "synonyms",
    "pattern",
    "minimum",
    "maximum",
    "requires_review",
    "term",
    "locale",
)
_RAIL: Value = [{"type": "registry"}, {"type": "schema"}]
_Object = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """The spec as a document, and what of the JSON Schema could not be followed."""

    document: Value
    findings: tuple[Finding, ...]


def is_json_schema(document: Value) -> bool:
    """Whether the document is a JSON Schema of an object and not a spec.

    >>> is_json_schema({"properties": {"total": {}}}), is_json_schema({"name": "x", "fields": {}})
    (True, False)
    """
    if not isinstance(document, Mapping) or "fields" in document or "rail" in document:
        return False
    return "properties" in document or "$ref" in document or "allOf" in document


def convert_json_schema(schema: _Object, *, name: str) -> Converted:
    """The spec of a JSON Schema; `name` is used when the schema has no title.

    Nested `$ref`s are followed within the schema, `null` alternatives dropped, `required` lists turned
    round; keywords that docrail has no use for are left out.
    """
    converter = _Converter(root=schema)
    top = converter.flatten(schema, ())
    document: dict[str, Value] = {"name": _text(top, "title") or name}
    if about := _text(top, "description"):
        document["description"] = about
    document["fields"] = converter.fields(top, (), depth=0)
    document["rail"] = _RAIL
    return Converted(document=document, findings=tuple(converter.findings))


_MAX_DEPTH = 3
"""How deep objects in objects are followed: a model that contains itself has no end."""

_MAX_PARTS = 20_000
"""How many parts are merged at most: references that fan out grow without bound."""


@dataclass(slots=True, kw_only=True)
class _Converter:
    root: _Object
    findings: list[Finding] = field(default_factory=list)
    parts: int = 0

    def fields(self, schema: _Object, path: Path, *, depth: int) -> dict[str, Value]:
        properties = schema.get("properties")
        if not isinstance(properties, Mapping):
            return {}
        required = schema.get("required")
        needed = required if isinstance(required, Sequence) else ()
        return {
            key: {
                **self.property(value, (*path, "properties", key), depth=depth),
                **({"required": True} if key in needed else {}),
            }
            for key, value in properties.items()
        }

    def property(self, schema: Value, path: Path, *, depth: int) -> dict[str, Value]:
        flat = self.flatten(schema, path)
        found: dict[str, Value] = {key: flat[key] for key in _KEPT if flat.get(key) is not None}
        found["type"] = kind = _type(flat)
        if flat.get("required") is True:
            found["required"] = True
        if "const" in flat:
            found["enum"] = [flat["const"]]
        if isinstance(values := found.get("enum"), list):
            found["enum"] = [value for value in values if value is not None]
        if kind == "array":
            found.update(self._items(flat, path, depth=depth))
        if kind == "object" and (members := self._members(flat, path, depth=depth)):
            found["properties"] = members
        return found

    def _items(self, schema: _Object, path: Path, *, depth: int) -> dict[str, Value]:
        items = self.flatten(schema.get("items", {}), (*path, "items"))
        kind = _type(items)
        if kind != "object":
            return {"items": {"type": kind}}
        members = self._members(items, (*path, "items"), depth=depth)
        return {"items": {"type": "object", **({"properties": members} if members else {})}}

    def _members(self, schema: _Object, path: Path, *, depth: int) -> dict[str, Value]:
        return self.fields(schema, path, depth=depth + 1) if depth < _MAX_DEPTH else {}

    def flatten(self, schema: Value, path: Path) -> _Object:
        """The schema with references followed, parts merged and one alternative chosen."""
        if isinstance(schema, bool):
            return {}
        if not isinstance(schema, Mapping):
            self.findings.append(Finding(path=path, message="must be a JSON Schema (an object)", loose=True))
            return {}
        flat: dict[str, Value] = {}
        for part in self._parts(schema, path, seen=()):
            flat = _merge(flat, part)
        return flat

    def _parts(self, schema: _Object, path: Path, *, seen: tuple[str, ...]) -> Iterator[_Object]:
        """What has to be merged, the weakest first."""
        self.parts += 1
        if self.parts > _MAX_PARTS:
            return
        if self.parts == _MAX_PARTS:
            self.findings.append(Finding(path=path, message="too many references to follow", loose=False))
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            target = self._target(reference, (*path, "$ref"))
            yield from self._parts(target, path, seen=(*seen, reference))
        for key in ("allOf", "anyOf", "oneOf"):
            yield from self._branches(schema, key, path, seen)
        yield {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "anyOf", "oneOf")}

    def _branches(self, schema: _Object, key: str, path: Path, seen: tuple[str, ...]) -> list[_Object]:
        branches = schema.get(key)
        if not isinstance(branches, Sequence) or isinstance(branches, str):
            return []
        flat: list[_Object] = []
        for branch in branches:
            one: dict[str, Value] = {}
            if isinstance(branch, Mapping):
                for part in self._parts(branch, path, seen=seen):
                    one = _merge(one, part)
            flat.append(one)
        return flat if key == "allOf" else _choose([one for one in flat if one.get("type") != "null"])

    def _target(self, reference: str, path: Path) -> _Object:
        target: Value = self.root
        steps = reference.removeprefix("#").strip("/")
        for step in steps.split("/") if steps else ():
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, Mapping) else None
        if reference.startswith("#") and isinstance(target, Mapping):
            return target
        message = f"'{reference}' is not found in this file; only references within the file are followed"
        self.findings.append(Finding(path=path, message=message, loose=True))
        return {}


def _choose(branches: Sequence[_Object]) -> list[_Object]:
    """One of several alternatives: constants together, a number before text (Pydantic's Decimal), the first."""
    if not branches:
        return []
    if all("const" in branch for branch in branches):
        values: Value = [branch["const"] for branch in branches]
        return [{"enum": values}]
    numbers = [branch for branch in branches if _type(branch) in ("number", "integer")]
    return [(numbers or list(branches))[0]]


def _merge(weak: _Object, strong: _Object) -> dict[str, Value]:
    """Both, `strong` winning; properties and required lists of both are kept."""
    merged = {**weak, **strong}
    ours, theirs = weak.get("properties"), strong.get("properties")
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        merged["properties"] = {**ours, **theirs}
    needed, more = weak.get("required"), strong.get("required")
    if isinstance(needed, list) and isinstance(more, list):
        merged["required"] = [*needed, *more]
    return merged


def _type(schema: _Object) -> Value:
    """The one type of a schema: the number or the first of several, guessed where none is said."""
    kind = schema.get("type")
    if isinstance(kind, Sequence) and not isinstance(kind, str):
        kinds = [one for one in kind if one != "null"]
        numbers = [one for one in kinds if one == "number"]
        return (numbers or kinds or ["string"])[0]
    if kind not in (None, "null"):
        return kind
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    return _type_of_values(schema)


def _type_of_values(schema: _Object) -> str:
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    first = values[0] if isinstance(values, list) and values else None
    if isinstance(first, bool):
        return "boolean"
    if isinstance(first, int):
        return "integer"
    return "number" if isinstance(first, float) else "string"


def _text(schema: _Object, key: str) -> str | None:
    value = schema.get(key)
    return value if isinstance(value, str) and value.strip() else None
