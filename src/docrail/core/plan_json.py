"""A spec and a plan as JSON and back, without loss: what is frozen with a run."""

from collections.abc import Mapping
from typing import Any

import msgspec

from docrail.core.model import Severity
from docrail.core.plan import PhaseType, Plan, PlannedPhase, Scope
from docrail.core.retry import Limits, Retry
from docrail.core.spec import Field, FieldType, Gate, Policy, Spec, Stage

_Raw = Mapping[str, Any]


def plan_to_json(plan: Plan) -> bytes:
    """The plan as JSON; the same plan gives the same bytes."""
    return msgspec.json.encode(plan)


def plan_from_json(text: bytes | str) -> Plan:
    """The plan that `plan_to_json` wrote."""
    raw = msgspec.json.decode(text)
    return Plan(fields=_each(_field, raw["fields"]), phases=_each(_phase, raw["phases"]))


def spec_to_json(spec: Spec) -> bytes:
    """The spec as JSON; the same spec gives the same bytes."""
    return msgspec.json.encode(spec)


def spec_from_json(text: bytes | str) -> Spec:
    """The spec that `spec_to_json` wrote."""
    raw = msgspec.json.decode(text)
    return Spec(
        **{
            **raw,
            "fields": _each(_field, raw["fields"]),
            "rail": tuple(Stage(**stage) for stage in raw["rail"]),
            "policies": _each(_policy, raw["policies"]),
            "gates": _each(_gate, raw["gates"]),
        }
    )


def _field(raw: _Raw) -> Field:
    lists = {key: tuple(raw[key]) for key in ("enum", "examples", "synonyms")}
    return Field(**{**raw, **lists, "type": FieldType(raw["type"]), "items": _each(_field, raw["items"])})


def _phase(raw: _Raw) -> PlannedPhase:
    kinds = {"type": PhaseType(raw["type"]), "scope": Scope(raw["scope"])}
    effort = {"retry": Retry(**raw["retry"]), "limits": Limits(**raw["limits"])}
    return PlannedPhase(**{**raw, **kinds, **effort})


def _policy(raw: _Raw) -> Policy:
    return Policy(**{**raw, "rules": tuple(raw["rules"])})


def _gate(raw: _Raw) -> Gate:
    lists = {key: tuple(raw[key]) for key in ("checks", "fields")}
    return Gate(**{**raw, **lists, "severity": Severity(raw["severity"])})


def _each(read: Any, raws: Any) -> tuple[Any, ...]:
    return tuple(read(raw) for raw in raws)
