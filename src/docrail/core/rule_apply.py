"""What one rule makes of one record's values."""

import re
from collections.abc import Mapping

from docrail.core.coerce import coerce, number_text
from docrail.core.currency import currency_code
from docrail.core.errors import PhaseError
from docrail.core.fuzzy import find_nearest
from docrail.core.lookup_table import loose, match_loosely
from docrail.core.model import Issue, Value
from docrail.core.outcome import UNSURE, Outcome, key_text, missing, unmatched
from docrail.core.parsing import parse_date, parse_decimal
from docrail.core.rule import Rule
from docrail.core.rule_fill import black_out, join, match_enum, split, to_currency, to_unit
from docrail.core.spec import FieldType

AMBIGUOUS = 0.8
"""What is left of the confidence in a date whose day and month may be the other way round."""


def apply_rule(rule: Rule, values: Mapping[str, Value]) -> Outcome:
    """What `rule` makes of `values`; the value stays when the rule does not apply.

    >>> from docrail.core.rule import read_rule
    >>> from docrail.core.spec import Field
    >>> rule = read_rule({"format": "date", "field": "due"}, [Field(name="due", locale="de_DE")], number=0)
    >>> apply_rule(rule, {"due": "1. März 2024"}).value
    '2024-03-01'
    """
    return _APPLY[rule.kind](rule, values)


def _format(rule: Rule, values: Mapping[str, Value]) -> Outcome:
    value, wanted = values.get(rule.field.name), rule.text("as")
    if value is None or isinstance(value, bool):
        return Outcome(value=value)
    if wanted == "decimal":
        return _decimal(rule, value)
    if not isinstance(value, str):
        return Outcome(value=value)
    if wanted == "date":
        return _date(rule, value)
    if wanted == "currency":
        return _outcome(rule, value, currency_code(value, locale=_locale(rule)))
    return _outcome(rule, value, _TEXT[str(wanted)](value) or None)


def _trim(text: str) -> str:
    return " ".join(text.split())


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


_TEXT = {"upper": str.upper, "lower": str.lower, "trim": _trim, "digits": _digits}


def _decimal(rule: Rule, value: Value) -> Outcome:
    if not isinstance(value, str):
        return Outcome(value=value)
    number = parse_decimal(value, locale=_locale(rule))
    if number is None:
        return _outcome(rule, value, None)
    if rule.field.type is FieldType.STRING:
        return Outcome(value=number_text(number))
    return _outcome(rule, value, coerce(number, rule.field))


def _date(rule: Rule, value: str) -> Outcome:
    found = parse_date(value, locale=_locale(rule))
    if found is None:
        return _outcome(rule, value, None)
    iso, ambiguous = found
    if not ambiguous:
        return Outcome(value=iso)
    message = f"'{rule.field.name}' may have day and month the other way round; give the rule a locale"
    return Outcome(value=iso, trust=AMBIGUOUS, issue=Issue(code="ambiguous_date", message=message))


def _locale(rule: Rule) -> str | None:
    return rule.text("locale") or rule.field.locale


def _outcome(rule: Rule, value: Value, result: Value) -> Outcome:
    """The result, or the value as it was with less confidence and an issue."""
    if result is not None:
        return Outcome(value=result)
    message = f"'{rule.field.name}' cannot be read as {rule.text('as')}; it stays as it is"
    return Outcome(value=value, trust=UNSURE, issue=Issue(code="unreadable_value", message=message))


def _map(rule: Rule, values: Mapping[str, Value]) -> Outcome:
    value, names = values.get(rule.field.name), rule.options["values"]
    if value is None or not isinstance(names, Mapping):
        return Outcome(value=value)
    targets = {key_text(name): coerce(target, rule.field) for name, target in names.items()}
    loosely = match_loosely((name, name) for name in targets)
    text = key_text(value)
    name = text if text in targets else loosely.get(loose(text))
    if name is not None:
        return Outcome(value=targets[name])
    if value in targets.values():
        return Outcome(value=value)
    if "default" in rule.options:
        return Outcome(value=coerce(rule.options["default"], rule.field))
    return unmatched(rule, value, rule.field.name)


def _lookup(rule: Rule, values: Mapping[str, Value]) -> Outcome:
    current = values.get(rule.field.name)
    if current is not None and not rule.in_place and not rule.overwrites:
        return Outcome(value=current)
    source = rule.source
    wanted = values.get(source)
    if wanted is None or rule.table is None:
        return Outcome(value=current, issue=None if rule.in_place else missing(rule, source))
    text = key_text(wanted)
    found = rule.table.find(text)
    if found is None and rule.in_place and text in rule.table:
        return Outcome(value=current)
    if found is None and rule.threshold < 1:
        return _nearest(rule, current, text)
    result = coerce(found, rule.field)
    return unmatched(rule, current, source) if result is None else Outcome(value=result)


def _nearest(rule: Rule, current: Value, text: str) -> Outcome:
    """The entry most like `text`, with less confidence; none when two mean different things and are as like."""
    match = find_nearest(text, rule.table.exactly, threshold=rule.threshold) if rule.table else None
    if match is None:
        return unmatched(rule, current, rule.source)
    result = coerce(match.value, rule.field)
    if result is None:
        message = f"the lookup of '{rule.field.name}' has several entries like the value of '{rule.source}'"
        issue = Issue(code="ambiguous_match", message=message)
        return Outcome(value=current, issue=issue, note=match.note)
    return Outcome(value=result, trust=match.score, note=match.note)


def _compute(rule: Rule, values: Mapping[str, Value]) -> Outcome:
    current = values.get(rule.field.name)
    if rule.expression is None or (current is not None and not rule.overwrites):
        return Outcome(value=current)
    try:
        result = coerce(rule.expression.evaluate(values), rule.field)
    except PhaseError as error:
        missing = [name for name in sorted(rule.reads) if values.get(name) is None]
        code = "missing_input" if missing else "rule_failed"
        return Outcome(value=current, issue=Issue(code=code, message=f"'{rule.field.name}': {error.message}"))
    if result is not None:
        return Outcome(value=result)
    message = f"'{rule.field.name}' is of type {rule.field.type}; what the rule worked out is not"
    return Outcome(value=current, issue=Issue(code="rule_failed", message=message))


_APPLY = {
    "format": _format,
    "map": _map,
    "lookup": _lookup,
    "compute": _compute,
    "split": split,
    "join": join,
    "enum": match_enum,
    "unit": to_unit,
    "currency": to_currency,
    "redact": black_out,
}
