"""Find everything that is wrong with a policy, before a document meets it."""

from collections.abc import Iterator, Mapping, Sequence

from babel.localedata import exists, normalize_locale

from docrail.core.coerce import coerce
from docrail.core.errors import InvalidInput, Problem
from docrail.core.expression import compile_expression
from docrail.core.lookup_table import read_table
from docrail.core.model import Value
from docrail.core.rule import FIELD_KEYS, FORMATS, KEYS, Rule, normalise_rule, read_rule
from docrail.core.rule_check import (
    check_currency,
    check_enum,
    check_join,
    check_redact,
    check_split,
    check_threshold,
    check_unit,
)
from docrail.core.rule_order import find_cycle
from docrail.core.spec import Field, FieldType, Policy
from docrail.core.spec_path import suggest


def check_policy(policy: Policy, fields: Sequence[Field], *, path: str) -> tuple[Problem, ...]:
    """Every problem of `policy`, each with its path below `path`.

    >>> rules = ({"rule": "format", "field": "dat", "as": "date"},)
    >>> print(*check_policy(Policy(name="p", rules=rules), [Field(name="date")], path="policies[0]"))
    policies[0].rules[0].field: no field 'dat'; did you mean 'date'?
    """
    problems: list[Problem] = []
    sound: list[Rule] = []
    for number, raw in enumerate(policy.rules):
        found = tuple(_check_rule(raw, fields, f"{path}.rules[{number}]"))
        problems.extend(found)
        if not found:
            sound.append(read_rule(raw, fields, number=number))
    cycle = find_cycle(sound)
    if cycle:
        message = f"rules need each other in a circle: {' -> '.join(cycle)}; take one of them out"
        problems.append(Problem(path=f"{path}.rules", message=message))
    return tuple(problems)


def check_shape(policy: Policy, *, path: str) -> tuple[Problem, ...]:
    """Every problem of `policy` that shows without the fields: rules that do not exist, and their keys.

    >>> print(*check_shape(Policy(name="p", rules=({"formt": "date", "field": "d"},)), path="p"))
    p.rules[0]: which rule? write one of format, map, lookup, compute, split, join, enum, unit, currency, redact
    """
    before = f"{path}." if path else ""
    every = ((raw, f"{before}rules[{number}]") for number, raw in enumerate(policy.rules))
    return tuple(problem for raw, place in every for problem in _check_keys(raw, place))


def _check_keys(raw: Mapping[str, Value], path: str) -> Iterator[Problem]:
    if not isinstance(raw, Mapping):
        yield Problem(path=path, message="a rule is a mapping such as {format: date, field: issue_date}")
        return
    options = normalise_rule(raw)
    kind = options.get("rule")
    if not isinstance(kind, str) or kind not in KEYS:
        yield _no_rule(kind, options, path)
        return
    needed, allowed = KEYS[kind]
    for key in sorted(needed - options.keys()):
        yield Problem(path=path, message=f"{kind} needs '{key}'")
    for key in sorted(map(str, options.keys() - needed - allowed - {"rule"})):
        hint = suggest(key, needed | allowed)
        yield Problem(path=f"{path}.{key}", message=f"{kind} has no '{key}'{hint}")


def _check_rule(raw: Mapping[str, Value], fields: Sequence[Field], path: str) -> Iterator[Problem]:
    yield from _check_keys(raw, path)
    options = normalise_rule(raw) if isinstance(raw, Mapping) else {}
    kind = options.get("rule")
    if not isinstance(kind, str) or kind not in KEYS:
        return
    for key in FIELD_KEYS:
        if key in options:
            yield from _check_field(options[key], fields, f"{path}.{key}")
    if "overwrite" in options and not isinstance(options["overwrite"], bool):
        yield Problem(path=f"{path}.overwrite", message="overwrite is true or false")
    yield from _CHECKS[kind](options, fields, path)


def _no_rule(kind: Value, options: Mapping[str, Value], path: str) -> Problem:
    if kind is not None:
        return Problem(path=f"{path}.rule", message=f"no rule '{kind}'{suggest(str(kind), KEYS)}")
    several = [name for name in KEYS if name in options]
    if several:
        return Problem(path=path, message=f"{' and '.join(several)} are two rules: write two entries")
    return Problem(path=path, message=f"which rule? write one of {', '.join(KEYS)}")


def _check_field(name: Value, fields: Sequence[Field], path: str) -> Iterator[Problem]:
    known = [field.name for field in fields]
    if name not in known:
        yield Problem(path=path, message=f"no field '{name}'{suggest(str(name), known)}")


def _check_format(options: Mapping[str, Value], fields: Sequence[Field], path: str) -> Iterator[Problem]:
    wanted = options.get("as", "trim")
    if wanted not in FORMATS:
        yield Problem(path=f"{path}.as", message=f"no format '{wanted}'{suggest(str(wanted), FORMATS)}")
    locale = options.get("locale")
    if locale is not None and not is_locale(locale):
        yield Problem(
            path=f"{path}.locale", message=f"no locale '{locale}'; write one such as de_DE or en_US"
        )
    field = _field_of(options, fields)
    if field and field.type in {FieldType.ARRAY, FieldType.OBJECT, FieldType.BOOLEAN}:
        message = f"format works on texts and numbers; '{field.name}' is of type {field.type}"
        yield Problem(path=f"{path}.field", message=message)


def _field_of(options: Mapping[str, Value], fields: Sequence[Field]) -> Field | None:
    return next((field for field in fields if field.name == options.get("field")), None)


def is_locale(text: Value) -> bool:
    """Whether the world has such a locale.

    >>> is_locale("de_DE"), is_locale("de-AT"), is_locale("german")
    (True, True, False)
    """
    if not isinstance(text, str) or not text.replace("-", "").replace("_", "").isalnum():
        return False
    return bool(exists(normalize_locale(text.replace("-", "_")) or ""))


def _check_map(options: Mapping[str, Value], fields: Sequence[Field], path: str) -> Iterator[Problem]:
    values = options.get("values", {"": ""})
    if not isinstance(values, Mapping) or not values:
        yield Problem(path=f"{path}.values", message="values is a mapping such as {ja: true, nein: false}")
        return
    field = _field_of(options, fields)
    targets = {f"values.{name}": target for name, target in values.items()}
    for key, target in {**targets, "default": options.get("default")}.items():
        if field and target is not None and coerce(target, field) is None:
            message = f"'{target}' is not of type {field.type}, as '{field.name}' is"
            yield Problem(path=f"{path}.{key}", message=message)


def _check_lookup(options: Mapping[str, Value], fields: Sequence[Field], path: str) -> Iterator[Problem]:
    yield from check_threshold(options, path)
    if not {"csv", "key", "column"} <= options.keys():
        return
    texts = {key: options[key] for key in ("csv", "key", "column")}
    wrong = [key for key, value in texts.items() if not isinstance(value, str)]
    for key in wrong:
        yield Problem(path=f"{path}.{key}", message=f"'{key}' is a text")
    if not wrong:
        try:
            read_table(str(texts["csv"]), key=str(texts["key"]), column=str(texts["column"]))
        except InvalidInput as error:
            yield Problem(path=f"{path}.{_blamed(error, texts)}", message=error.message)


def _blamed(error: InvalidInput, texts: Mapping[str, Value]) -> str:
    return next((key for key in ("key", "column") if f"no column '{texts[key]}'" in error.message), "csv")


def _check_compute(options: Mapping[str, Value], fields: Sequence[Field], path: str) -> Iterator[Problem]:
    source = options.get("expression", "0")
    if not isinstance(source, str):
        yield Problem(path=f"{path}.expression", message="an expression is a text such as 'net + tax'")
        return
    try:
        expression = compile_expression(source, fields=fields)
    except InvalidInput as error:
        yield Problem(path=f"{path}.expression", message=error.message)
        return
    name = options.get("field")
    if name in expression.reads and options.get("overwrite") is not True:
        message = f"'{name}' is worked out from itself: that needs overwrite: true"
        yield Problem(path=f"{path}.overwrite", message=message)


_CHECKS = {
    "format": _check_format,
    "map": _check_map,
    "lookup": _check_lookup,
    "compute": _check_compute,
    "split": check_split,
    "join": check_join,
    "enum": check_enum,
    "unit": check_unit,
    "currency": check_currency,
    "redact": check_redact,
}
