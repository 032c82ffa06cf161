"""Make a value known from elsewhere into one of a field's type, or say that it does not fit."""

from collections.abc import Mapping, Sequence

from docrail.core.model import Value
from docrail.core.parsing import parse_date, parse_decimal
from docrail.core.spec import Field, FieldType

_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def coerce(value: Value, field: Field) -> Value:
    """`value` as one of `field`'s type; None when it has none or does not fit.

    >>> amount = Field(name="amount", type=FieldType.NUMBER, locale="de_DE")
    >>> coerce("1.234,50 €", amount), coerce(7, amount), coerce("seven", amount)
    (1234.5, 7, None)
    >>> coerce("31.12.2024", Field(name="due", format="date")), coerce(7.0, Field(name="number"))
    ('2024-12-31', '7')
    """
    if value is None:
        return None
    return _READERS[field.type](value, field)


def number_text(number: int | float) -> str:
    """A number as short text.

    >>> number_text(7.0), number_text(0.1), number_text(-1234.5)
    ('7', '0.1', '-1234.5')
    """
    whole = isinstance(number, int) or (number.is_integer() and abs(number) < 1e15)
    return str(int(number)) if whole else repr(number)


def _string(value: Value, field: Field) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if not isinstance(value, str):
        return None
    clean = value.strip()
    found = parse_date(clean, locale=field.locale) if field.format == "date" else None
    return (found[0] if found and not found[1] else clean) or None


def _number(value: Value, field: Field) -> Value:
    if isinstance(value, str):
        return parse_decimal(value, locale=field.locale)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _integer(value: Value, field: Field) -> Value:
    number = _number(value, field)
    if isinstance(number, float):
        return int(number) if number.is_integer() else None
    return number


def _boolean(value: Value, field: Field) -> Value:
    if isinstance(value, bool):
        return value
    return _TRUTH.get(str(value).strip().casefold()) if isinstance(value, str | int) else None


def _array(value: Value, field: Field) -> Value:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    return [_members(item, field) for item in value]


def _object(value: Value, field: Field) -> Value:
    return _members(value, field) if isinstance(value, Mapping) else None


def _members(value: Value, field: Field) -> Value:
    if not field.items or not isinstance(value, Mapping):
        return value
    return {item.name: coerce(value.get(item.name), item) for item in field.items}


_READERS = {
    FieldType.STRING: _string,
    FieldType.NUMBER: _number,
    FieldType.INTEGER: _integer,
    FieldType.BOOLEAN: _boolean,
    FieldType.ARRAY: _array,
    FieldType.OBJECT: _object,
}
