"""What rules that split, join, convert, match with a list and redact make of one record's values."""

from collections.abc import Mapping, Sequence

from docrail.core.coerce import coerce, number_text
from docrail.core.currency import currency_code
from docrail.core.fuzzy import find_nearest
from docrail.core.lookup_table import match_loosely
from docrail.core.model import Issue, Value
from docrail.core.outcome import UNSURE, Outcome, key_text, missing, unmatched
from docrail.core.parsing import parse_decimal
from docrail.core.redact import redact
from docrail.core.rule import Rule
from docrail.core.spec import FieldType
from docrail.core.units import convert, find_unit, split_measure

_Values = Mapping[str, Value]


def split(rule: Rule, values: _Values) -> Outcome:
    """One part of a text, or all of them."""
    current, source = values.get(rule.field.name), values.get(rule.source)
    if _is_done(rule, current):
        return Outcome(value=current)
    if not isinstance(source, str):
        return Outcome(value=current, issue=None if rule.in_place else missing(rule, rule.source))
    parts = [each.strip() for each in source.split(rule.text("at") or "\n")]
    part = rule.options.get("part")
    if not isinstance(part, int):
        return Outcome(value=[each for each in parts if each])
    place = part - 1 if part > 0 else len(parts) + part
    found = coerce(parts[place], rule.field) if 0 <= place < len(parts) else None
    if found is None or (len(parts) == 1 and rule.in_place):
        return Outcome(value=current) if rule.in_place else unmatched(rule, current, rule.source)
    return Outcome(value=found)


def join(rule: Rule, values: _Values) -> Outcome:
    """The values of several fields as one text; those without a value are passed over."""
    current = values.get(rule.field.name)
    if _is_done(rule, current):
        return Outcome(value=current)
    names = rule.options["fields"]
    assert isinstance(names, Sequence)  # the policy was checked
    found = [key_text(values[str(name)]) for name in names if values.get(str(name)) is not None]
    if not found:
        return Outcome(value=current, issue=missing(rule, str(names[0])))
    return Outcome(value=coerce((rule.text("with") or " ").join(found), rule.field))


def match_enum(rule: Rule, values: _Values) -> Outcome:
    """The one of the allowed values that is meant: exactly, loosely, then by likeness."""
    value, listed = values.get(rule.field.name), rule.options.get("values", True)
    allowed = listed if isinstance(listed, Sequence) and not isinstance(listed, str) else rule.field.enum
    if value is None or value in allowed:
        return Outcome(value=value)
    by_text = {key_text(each): each for each in allowed}
    loosely = match_loosely((text, text) for text in by_text)
    text = key_text(value)
    name = text if text in by_text else loosely.get(" ".join(text.split()).casefold())
    if name is not None:
        return Outcome(value=coerce(by_text[name], rule.field))
    nearest = find_nearest(text, {each: each for each in by_text}, threshold=rule.threshold)
    if nearest is None or nearest.value is None or rule.threshold >= 1:
        return unmatched(rule, value, rule.field.name)
    found = coerce(by_text[nearest.value], rule.field)
    return Outcome(value=found, trust=nearest.score, note=nearest.note)


def to_unit(rule: Rule, values: _Values) -> Outcome:
    """The amount in the wanted unit. The unit stands in the text itself, in `unit_field`, or is `default`."""
    current, source = values.get(rule.field.name), values.get(rule.source)
    if _is_done(rule, current):
        return Outcome(value=current)
    if source is None:
        return Outcome(value=current, issue=None if rule.in_place else missing(rule, rule.source))
    printed = split_measure(source) if isinstance(source, str) else (key_text(source), None)
    named = values.get(rule.text("unit_field") or "") or rule.text("default")
    given = find_unit(str((printed and printed[1]) or named or ""))
    wanted = find_unit(str(rule.options["to"]))
    number = _number(rule, printed[0], source) if printed else None
    if given is None or wanted is None or number is None:
        return _not_converted(rule, current, "its number or its unit is not known")
    made = convert(number, given=given, wanted=wanted)
    if made is None:
        return _not_converted(rule, current, f"{given.symbol} cannot be converted to {wanted.symbol}")
    note = f"{given.symbol} to {wanted.symbol}"
    if rule.field.type is FieldType.STRING:
        return Outcome(value=f"{number_text(made)} {wanted.symbol}", note=note)
    return _typed(rule, current, made, note)


def to_currency(rule: Rule, values: _Values) -> Outcome:
    """The amount in the wanted currency, by the user's rates, rounded to two decimals."""
    current, source = values.get(rule.field.name), values.get(rule.source)
    if _is_done(rule, current):
        return Outcome(value=current)
    amount = _number(rule, source, source) if isinstance(source, str) else source
    if not isinstance(amount, int | float) or isinstance(amount, bool):
        return Outcome(value=current, issue=None if rule.in_place else missing(rule, rule.source))
    named, wanted = rule.text("currency_field") or "", str(rule.options["to"]).upper()
    code = currency_code(str(values.get(named) or ""), locale=rule.field.locale)
    if code is None:
        return _not_converted(rule, current, f"the currency in '{named}' is not known")
    day = values.get(rule.text("date_field") or "")
    rate = 1.0 if code == wanted else rule.rates.find(code, str(day) if day else None) if rule.rates else None
    if rate is None:
        return _not_converted(rule, current, f"there is no rate of {code} for that day")
    return _typed(rule, current, round(amount * rate, 2), f"{code} to {wanted} at {number_text(rate)}")


def black_out(rule: Rule, values: _Values) -> Outcome:
    """The value without what must not be read."""
    kept = rule.options.get("keep_last", 0)
    value = values.get(rule.field.name)
    what = rule.text("what") or "all"
    return Outcome(value=redact(value, what=what, keep_last=kept if isinstance(kept, int) else 0))


def _is_done(rule: Rule, current: Value) -> bool:
    """A rule that fills from other fields leaves what is there, unless told to overwrite."""
    return current is not None and not rule.in_place and not rule.overwrites


def _number(rule: Rule, text: str, source: Value) -> float | None:
    if isinstance(source, int | float):
        return float(source)
    return parse_decimal(text, locale=rule.text("locale") or rule.field.locale)


def _typed(rule: Rule, current: Value, made: float, note: str) -> Outcome:
    value = coerce(made, rule.field)
    if value is None:
        return _not_converted(rule, current, f"the result is not of type {rule.field.type}")
    return Outcome(value=value, note=note)


def _not_converted(rule: Rule, current: Value, why: str) -> Outcome:
    message = f"'{rule.field.name}' cannot be converted: {why}"
    trust = UNSURE if rule.in_place and current is not None else 1.0
    return Outcome(value=current, trust=trust, issue=Issue(code="not_converted", message=message))
