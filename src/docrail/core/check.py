"""One check of a gate: the short and the long way to write it, and the fields it judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from docrail.core.errors import InvalidInput
from docrail.core.expression import Expression, compile_expression
from docrail.core.model import Value
from docrail.core.spec import Field, FieldType, Gate

KEYS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "required": (frozenset(), frozenset()),
    "in_source": (frozenset(), frozenset()),
    "min_confidence": (frozenset({"value"}), frozenset()),
    "pattern": (frozenset({"pattern"}), frozenset()),
    "range": (frozenset(), frozenset({"min", "max"})),
    "rule": (frozenset({"rule"}), frozenset()),
    "check_digits": (frozenset({"kind"}), frozenset()),
}
"""What each check needs, and what it may have besides `fields` and `message`."""

_BODY = {"min_confidence": "value", "pattern": "pattern", "rule": "rule", "check_digits": "kind"}
_COMMON = ("fields", "message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check that `check_gate` found nothing wrong with. `fields` are those it judges, in the spec's order."""

    kind: str
    name: str
    options: Mapping[str, Value]
    fields: tuple[Field, ...]
    expression: Expression | None = None

    @property
    def message(self) -> str | None:
        message = self.options.get("message")
        return message if isinstance(message, str) else None


def normalise_check(raw: Mapping[str, Value]) -> tuple[dict[str, Value], ...]:
    """The long way to write a check; a short one may hold several.

    >>> normalise_check({"required": True, "min_confidence": 0.6})
    ({'check': 'required'}, {'check': 'min_confidence', 'value': 0.6})
    >>> normalise_check({"min": 0}), normalise_check({"check": "rule", "rule": "net > 0"})
    (({'check': 'range', 'min': 0},), ({'check': 'rule', 'rule': 'net > 0'},))
    """
    if "check" in raw:
        return (_long(str(raw["check"]), raw),)
    common = {key: raw[key] for key in _COMMON if key in raw}
    bounds = {key: raw[key] for key in ("min", "max") if key in raw}
    checks = [_short(kind, raw[kind]) for kind in KEYS if kind in raw and raw[kind] is not False]
    checks += [{"check": "range", **bounds}] if bounds else []
    rest = {key: value for key, value in raw.items() if key not in {*KEYS, "min", "max"}}
    return tuple({**check, **common} for check in checks) or (() if not rest and raw else ({**rest},))


def _long(kind: str, raw: Mapping[str, Value]) -> dict[str, Value]:
    """`{check: min_confidence, min_confidence: 0.6}` means the same as `value: 0.6`."""
    key = _BODY.get(kind)
    if key and key != kind and kind in raw:
        return {**{name: value for name, value in raw.items() if name != kind}, key: raw[kind]}
    return dict(raw)


def _short(kind: str, body: Value) -> dict[str, Value]:
    if kind == "range":
        return {"check": kind, **(body if isinstance(body, Mapping) else {"range": body})}
    if kind in _BODY:
        return {"check": kind, _BODY[kind]: body}
    return {"check": kind} if body is True else {"check": kind, kind: body}


def read_checks(gate: Gate, fields: Sequence[Field]) -> tuple[Check, ...]:
    """The checks of a checked gate, each with the fields it judges.

    Raises InvalidInput for a gate that was not checked.
    """
    checks: list[Check] = []
    for options in (each for raw in gate.checks for each in normalise_check(raw)):
        kind = str(options.get("check"))
        if kind not in KEYS or not KEYS[kind][0] <= options.keys():
            raise InvalidInput(f"gate '{gate.name}' cannot be used: check it first")
        expression = compile_expression(str(options["rule"]), fields=fields) if kind == "rule" else None
        count = sum(check.kind == kind for check in checks)
        checks.append(
            Check(
                kind=kind,
                name=kind if not count else f"{kind}-{count + 1}",
                options=options,
                fields=judged_fields(options, gate, fields, expression=expression),
                expression=expression,
            )
        )
    return tuple(checks)


def judged_fields(
    options: Mapping[str, Value], gate: Gate, fields: Sequence[Field], *, expression: Expression | None
) -> tuple[Field, ...]:
    """The fields that a check judges: its own, else the gate's, else all that it makes sense for.

    A rule judges those of them that it reads. `required` without fields judges those that the spec marks as
    required, if it marks any.
    """
    own = options.get("fields")
    named = set(own) if isinstance(own, Sequence) and not isinstance(own, str) else set(gate.fields)
    if expression:
        return tuple(f for f in fields if f.name in expression.reads and (not named or f.name in named))
    if named:
        return tuple(field for field in fields if field.name in named)
    if options["check"] == "required":
        return tuple(field for field in fields if field.required) or tuple(fields)
    return tuple(field for field in fields if fits(field, options))


def fits(field: Field, options: Mapping[str, Value]) -> bool:
    """Whether a pattern or a range means anything for a field of this type."""
    if options["check"] in {"pattern", "check_digits"}:
        return field.type is FieldType.STRING
    if options["check"] != "range":
        return True
    if any(isinstance(options.get(key), str) for key in ("min", "max")):
        return field.type is FieldType.STRING and field.format in {"date", "date-time"}
    return field.type in {FieldType.NUMBER, FieldType.INTEGER}
