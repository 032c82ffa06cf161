"""Check a spec as written against the published JSON Schema, and say what is wrong in plain words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

from docrail.core.model import Value
from docrail.core.spec_path import Path, suggest

_NOUNS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object (keys with values)",
    "null": "null",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong at `path`; `loose` when the spec makes sense without what stands there."""

    path: Path
    message: str
    loose: bool


@cache
def spec_schema() -> dict[str, Any]:
    """The published JSON Schema of spec files: package data, as fixed as code."""
    text = files("docrail.core").joinpath("spec.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def check_document(document: Value) -> tuple[Finding, ...]:
    """Everything in which `document` is not a spec file, in the order of the schema."""
    found: dict[tuple[Path, str], Finding] = {}
    for error in _validator().iter_errors(document):
        for finding in _explain(error):
            found.setdefault((finding.path, finding.message), finding)
    return tuple(found.values())


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(spec_schema())


def _explain(error: jsonschema_rs.ValidationError) -> Iterator[Finding]:
    path = tuple(error.instance_path)
    match error.kind.name:
        case "additionalProperties":
            yield from _unknown_keys(error, path)
        case "required":
            key = str(error.kind.as_dict()["property"])
            yield Finding(path=path, message=f"needs '{key}'{_why(path, key)}", loose=False)
        case _:
            message = _own_message(error) or _message(error)
            yield Finding(path=path, message=message, loose=bool(path) and isinstance(path[-1], str))


def _unknown_keys(error: jsonschema_rs.ValidationError, path: Path) -> Iterator[Finding]:
    known = list(_schema_at(error, up=1).get("properties", ()))
    for key in error.kind.as_dict()["unexpected"]:
        yield Finding(path=(*path, key), message=f"unknown key '{key}'{suggest(key, known)}", loose=True)


def _own_message(error: jsonschema_rs.ValidationError) -> str | None:
    """What the schema itself says for this place, with the value that stands there."""
    own = _schema_at(error, up=1).get("errorMessage")
    if own is None:
        return None
    return f"{own}; here stands {_show(error.instance)}{_near_type(error)}"


def _near_type(error: jsonschema_rs.ValidationError) -> str:
    if error.kind.name != "anyOf" or not isinstance(error.instance, str):
        return ""
    return suggest(error.instance, _schema_at(error, up=1)["anyOf"][0].get("enum", ()))


def _message(error: jsonschema_rs.ValidationError) -> str:
    limit = error.kind.as_dict().get("limit")
    match error.kind.name:
        case "type":
            nouns = [_NOUNS[name] for name in error.kind.as_dict()["types"]]
            return f"must be {' or '.join(nouns)}, not {_show(error.instance)}"
        case "enum":
            words = [str(word) for word in _schema_at(error, up=1)["enum"]]
            return f"{_show(error.instance)} is none of {', '.join(words)}{_near(error.instance, words)}"
        case "minItems" | "minProperties" | "minLength":
            return "must not be empty" if limit == 1 else f"must hold at least {limit}"
        case "maxItems" | "maxProperties":
            return f"holds too many entries; at most {limit} are allowed"
        case "maxLength":
            return f"is longer than {limit} characters"
        case "propertyNames":
            return "a name here is empty or longer than 100 characters"
    return error.message


def _near(value: object, words: Sequence[str]) -> str:
    hint = suggest(str(value), words)
    return hint if "did you mean" in hint else ""


def _schema_at(error: jsonschema_rs.ValidationError, *, up: int) -> Mapping[str, Any]:
    """The part of the schema that failed, `up` levels above the keyword."""
    place: Any = spec_schema()
    steps = list(error.schema_path)
    for step in steps[: len(steps) - up]:
        place = place[step]
    found: Mapping[str, Any] = place
    return found


def _why(path: Path, key: str) -> str:
    if path == () and key == "rail":
        return "; the smallest is rail: [{type: schema}]"
    return ""


def _show(value: object) -> str:
    """A value in a message, short."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list" if len(value) > 5 else f"the list {json.dumps(value, ensure_ascii=False)[:60]}"
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        return text
    return f"'{value}'" if len(value) <= 60 else f"'{value[:60]}…'"
