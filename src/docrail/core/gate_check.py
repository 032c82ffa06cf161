"""Find everything that is wrong with a gate, before a document meets it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from docrail.core.check import KEYS, fits, judged_fields, normalise_check
from docrail.core.check_digits import KINDS
from docrail.core.errors import InvalidInput, Problem
from docrail.core.expression import compile_expression
from docrail.core.model import Value
from docrail.core.patterns import check_pattern
from docrail.core.spec import Field, Gate
from docrail.core.spec_path import suggest


def check_gate(gate: Gate, fields: Sequence[Field], *, path: str) -> tuple[Problem, ...]:
    """Every problem of `gate`, each with its path below `path`.

    >>> gate = Gate(name="complete", checks=({"requird": True},))
    >>> print(*check_gate(gate, [Field(name="net")], path="gates[0]"))
    gates[0].checks[0].requird: no check 'requird'; did you mean 'required'?
    """
    problems = [*_check_names(gate.fields, fields, f"{path}.fields")]
    for number, raw in enumerate(gate.checks):
        problems.extend(_check_entry(raw, gate, fields, f"{path}.checks[{number}]"))
    return tuple(problems)


def _check_names(names: Sequence[Value], fields: Sequence[Field], path: str) -> Iterator[Problem]:
    known = [field.name for field in fields]
    for number, name in enumerate(names):
        if name not in known:
            message = f"no field '{name}'{suggest(str(name), known)}"
            yield Problem(path=f"{path}[{number}]", message=message)


def _check_entry(
    raw: Mapping[str, Value], gate: Gate, fields: Sequence[Field], path: str
) -> Iterator[Problem]:
    if not isinstance(raw, Mapping):
        yield Problem(path=path, message="a check is a mapping such as {required: true}")
        return
    if "check" not in raw:
        for key in sorted(str(key) for key in raw.keys() - {*KEYS, "min", "max", "fields", "message"}):
            yield Problem(path=f"{path}.{key}", message=f"no check '{key}'{suggest(key, KEYS)}")
            return
    for options in normalise_check(raw):
        yield from _check_one(options, gate, fields, path)


def _check_one(
    options: Mapping[str, Value], gate: Gate, fields: Sequence[Field], path: str
) -> Iterator[Problem]:
    kind = options.get("check")
    if not isinstance(kind, str) or kind not in KEYS:
        asked = (
            f"no check '{kind}'{suggest(str(kind), KEYS)}"
            if kind
            else f"which check? one of {', '.join(KEYS)}"
        )
        yield Problem(path=f"{path}.check" if kind else path, message=asked)
        return
    needed, allowed = KEYS[kind]
    for key in sorted(needed - options.keys()):
        yield Problem(path=path, message=f"{kind} needs '{key}'")
    for key in sorted(options.keys() - needed - allowed - {"check", "fields", "message"}):
        yield Problem(path=f"{path}.{key}", message=_not_an_option(kind, key, needed | allowed))
    own = options.get("fields", ())
    if isinstance(own, str) or not isinstance(own, Sequence):
        yield Problem(path=f"{path}.fields", message="fields is a list of names")
        return
    yield from _check_names(own, fields, f"{path}.fields")
    if needed <= options.keys():
        yield from _BODIES[kind](options, gate, fields, path)


def _not_an_option(kind: str, key: str, known: frozenset[str]) -> str:
    if key == kind:
        shape = "{min: …, max: …}" if kind == "range" else "true"
        return f"write {kind}: {shape}"
    return f"{kind} has no '{key}'{suggest(key, known)}"


def _check_nothing(
    options: Mapping[str, Value], gate: Gate, fields: Sequence[Field], path: str
) -> Iterator[Problem]:
    yield from ()


def _check_confidence(
    options: Mapping[str, Value], gate: Gate, fields: Sequence[Field], path: str
) -> Iterator[Problem]:
    value = options["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        yield Problem(path=f"{path}.min_confidence", message="a confidence is a number from 0 to 1")


def _check_pattern(
    options: Mapping[str, Value], gate: Gate, fields: Sequence[Field], path: str
) -> Iterator[Problem]:
    pattern = options["pattern"]
    try:
        check_pattern(pattern if isinstance(pattern, str) else "[")
    except InvalidInput as error:
        message = error.message if isinstance(pattern, str) else "a pattern is a text"
        yield Problem(path=f"{path}.pattern", message=message)
    yield from _check_types(options, gate, fields, path)


def _check_range(
    options: Mapping[str, Value], gate: Gate, fields: Sequence[Field], path: str
) -> Iterator[Problem]:
    bounds = {key: options[key] for key in ("min", "max") if key in options}
    if not bounds and "range" not in options:
        yield Problem(path=path, message="a range needs 'min' or 'max'")
    if not bounds:
        return
    wrong = [key for key, value in bounds.items() if not _is_bound(value)]
    for key in wrong:
        yield Problem(path=f"{path}.{key}", message=f"'{key}' is a number or a date such as 2024-12-31")
    low, high = bounds.get("min"), bounds.get("max")
    if not wrong and low is not None and high is not None:
        yield from _check_order(low, high, path)
    if not wrong:
        yield from _check_types(options, gate, fields, path)


def _check_order(low: Value, high: Value, path: str) -> Iterator[Problem]:
    if isinstance(low, str) != isinstance(high, str):
        yield Problem(path=path, message="'min' and 'max' are both numbers or both dates")
    elif low > high:  # type: ignore[operator]  # two of one kind: _is_bound and the line above
        yield Problem(path=path, message="'min' is greater than 'max': nothing can pass")


def _is_bound(value: Value) -> bool:
    if isinstance(value, str):
        try:
            return bool(date.fromisoformat(value))
        except ValueError:
            return False
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_types(
    options: Mapping[str, Value], gate: Gate, fields: Sequence[Field], path: str
) -> Iterator[Problem]:
    judged = judged_fields(options, gate, fields, expression=None)
    for field in judged:
        if not fits(field, options):
            message = f"{options['check']} means nothing for '{field.name}', which is of type {field.type}"
            yield Problem(path=path, message=message)
    if not judged:
        yield Problem(path=path, message=f"there is no field that this {options['check']} can judge")


def _check_digits(
    options: Mapping[str, Value], gate: Gate, fields: Sequence[Field], path: str
) -> Iterator[Problem]:
    kind = options["kind"]
    if kind not in KINDS:
        yield Problem(path=f"{path}.check_digits", message=f"no number '{kind}'{suggest(str(kind), KINDS)}")
    yield from _check_types(options, gate, fields, path)


def _check_rule(
    options: Mapping[str, Value], gate: Gate, fields: Sequence[Field], path: str
) -> Iterator[Problem]:
    source = options["rule"]
    try:
        expression = compile_expression(str(source), fields=fields)
    except InvalidInput as error:
        yield Problem(path=f"{path}.rule", message=error.message)
        return
    if not expression.may_be_bool:
        yield Problem(
            path=f"{path}.rule", message=f"'{source}' is not true or false; compare it with something"
        )
    elif not judged_fields(options, gate, fields, expression=expression):
        message = f"'{source}' reads none of the fields that the gate is about"
        yield Problem(path=f"{path}.rule", message=message)


_BODIES = {
    "required": _check_nothing,
    "in_source": _check_nothing,
    "min_confidence": _check_confidence,
    "pattern": _check_pattern,
    "range": _check_range,
    "rule": _check_rule,
    "check_digits": _check_digits,
}
