"""Build a spec out of a document that the schema of spec files accepts, and write it back."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from docrail.core.model import Severity, Value
from docrail.core.spec import Field, FieldType, Gate, Policy, Spec, Stage

_Document = Mapping[str, Any]
_TEXTS = ("format", "title", "description", "pattern", "minimum", "maximum", "term", "locale")
_LISTS = ("enum", "examples", "synonyms")
_FLAGS = ("required", "requires_review")


def build_spec(document: _Document) -> Spec:
    """The spec of a document that `check_document` found nothing wrong with."""
    return Spec(
        name=document["name"],
        description=document.get("description"),
        fields=_fields(document["fields"]),
        policies=tuple(_policy(policy) for policy in document.get("policies", ())),
        gates=tuple(_gate(gate) for gate in document.get("gates", ())),
        rail=tuple(_stage(stage) for stage in document["rail"]),
    )


def spec_to_document(spec: Spec) -> dict[str, Value]:
    """The spec as the plain document that a person would write: what has its default is left out."""
    document: dict[str, Value] = {"name": spec.name}
    if spec.description is not None:
        document["description"] = spec.description
    document["fields"] = _fields_document(spec.fields)
    if spec.policies:
        document["policies"] = [_policy_document(policy) for policy in spec.policies]
    if spec.gates:
        document["gates"] = [_gate_document(gate) for gate in spec.gates]
    document["rail"] = [_stage_document(stage) for stage in spec.rail]
    return document


def spec_digest(spec: Spec) -> str:
    """The SHA-256 (hex) of what the spec says, however it is laid out.

    >>> spec = Spec(name="Notes", fields=(Field(name="title"),), rail=(Stage(type="schema"),))
    >>> len(spec_digest(spec))
    64
    """
    canonical = json.dumps(_alike(spec_to_document(spec)), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _fields(properties: _Document) -> tuple[Field, ...]:
    return tuple(_field(name, body) for name, body in properties.items())


def _field(name: str, body: _Document) -> Field:
    keywords: dict[str, Any] = {key: body[key] for key in (*_TEXTS, *_FLAGS) if key in body}
    keywords |= {key: tuple(body[key]) for key in _LISTS if key in body}
    if "locale" in body:
        keywords["locale"] = body["locale"].replace("-", "_")
    members = body.get("properties") or body.get("items", {}).get("properties") or {}
    return Field(name=name, type=_type(body), items=_fields(members), **keywords)


def _type(body: _Document) -> FieldType:
    if "type" not in body:
        inferred = "array" if "items" in body else "object" if "properties" in body else "string"
        return FieldType(inferred)
    kinds = [body["type"]] if isinstance(body["type"], str) else body["type"]
    return FieldType(next(kind for kind in kinds if kind != "null"))


def _policy(body: _Document) -> Policy:
    return Policy(name=body["name"], rules=tuple(body["rules"]), active=body.get("active", True))


def _gate(body: _Document) -> Gate:
    return Gate(
        name=body["name"],
        checks=tuple({"check": check} if isinstance(check, str) else check for check in body["checks"]),
        severity=Severity(body.get("severity", Severity.BLOCKING)),
        fields=tuple(body.get("fields", ())),
        active=body.get("active", True),
    )


def _stage(body: _Document) -> Stage:
    """A stage's options may stand in `json` or directly beside its type."""
    inline = {key: value for key, value in body.items() if key not in ("type", "name", "json")}
    return Stage(type=body["type"], name=body.get("name"), json={**body.get("json", {}), **inline} or None)


def _fields_document(fields: Sequence[Field]) -> dict[str, Value]:
    return {field.name: field_document(field) for field in fields}


def field_document(field: Field) -> dict[str, Value]:
    """A field as a spec file writes it, without its name."""
    body: dict[str, Value] = {"type": field.type.value}
    body.update({key: getattr(field, key) for key in _TEXTS if getattr(field, key) is not None})
    body.update({key: list(getattr(field, key)) for key in _LISTS if getattr(field, key)})
    body.update({key: True for key in _FLAGS if getattr(field, key)})
    if field.items and field.type is FieldType.OBJECT:
        body["properties"] = _fields_document(field.items)
    elif field.items:
        body["items"] = {"type": "object", "properties": _fields_document(field.items)}
    return body


def _policy_document(policy: Policy) -> dict[str, Value]:
    active: dict[str, Value] = {} if policy.active else {"active": False}
    return {"name": policy.name, **active, "rules": list(policy.rules)}


def _gate_document(gate: Gate) -> dict[str, Value]:
    body: dict[str, Value] = {"name": gate.name, "severity": gate.severity.value}
    if not gate.active:
        body["active"] = False
    if gate.fields:
        body["fields"] = list(gate.fields)
    return {**body, "checks": list(gate.checks)}


def _stage_document(stage: Stage) -> dict[str, Value]:
    body: dict[str, Value] = {"type": stage.type}
    if stage.name is not None:
        body["name"] = stage.name
    if stage.json:
        body["json"] = dict(stage.json)
    return body


def _alike(value: Value) -> Value:
    """The same with 1.0 written as 1, so that how a number is written makes no difference."""
    if isinstance(value, Mapping):
        return {key: _alike(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_alike(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
