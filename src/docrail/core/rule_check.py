"""What may be wrong with one rule that splits, joins, converts, matches or redacts."""

from collections.abc import Iterator, Mapping, Sequence

from docrail.core.coerce import coerce
from docrail.core.currency import currency_code
from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Value
from docrail.core.rates import read_rates
from docrail.core.redact import REDACTIONS
from docrail.core.spec import Field, FieldType
from docrail.core.spec_path import suggest
from docrail.core.units import find_unit

_Options = Mapping[str, Value]


def check_split(options: _Options, fields: Sequence[Field], path: str) -> Iterator[Problem]:
    """`at` is a text, `part` a place from 1 or from the end."""
    if "at" in options and not (isinstance(options["at"], str) and options["at"]):
        yield Problem(path=f"{path}.at", message="'at' is the text between the parts, such as ','")
    part = options.get("part")
    if part is not None and (isinstance(part, bool) or not isinstance(part, int) or part == 0):
        yield Problem(path=f"{path}.part", message="'part' counts from 1, or from the end: -1 is the last")
    field = _named(options.get("field"), fields)
    if part is None and field and field.type is not FieldType.ARRAY:
        yield Problem(path=path, message=f"'{field.name}' takes one part: say which with 'part'")


def check_join(options: _Options, fields: Sequence[Field], path: str) -> Iterator[Problem]:
    """`fields` are other fields."""
    names = options.get("fields", ())
    if isinstance(names, str) or not isinstance(names, Sequence) or ("fields" in options and not names):
        yield Problem(path=f"{path}.fields", message="join is a list of fields, such as [street, city]")
        return
    known = [field.name for field in fields]
    for number, name in enumerate(names):
        if name not in known:
            message = f"no field '{name}'{suggest(str(name), known)}"
            yield Problem(path=f"{path}.fields[{number}]", message=message)
        elif name == options.get("field"):
            yield Problem(path=f"{path}.fields[{number}]", message=f"'{name}' cannot be joined into itself")
    if not isinstance(options.get("with", ""), str):
        yield Problem(path=f"{path}.with", message="'with' is the text between the values")


def check_enum(options: _Options, fields: Sequence[Field], path: str) -> Iterator[Problem]:
    """`values` are of the field's type; without them the field has an enum."""
    field, values = _named(options.get("field"), fields), options.get("values", True)
    if values is True:
        if field and not field.enum:
            yield Problem(path=path, message=f"'{field.name}' has no enum: list the values, `enum: [a, b]`")
    elif isinstance(values, str) or not isinstance(values, Sequence) or not values:
        yield Problem(path=f"{path}.values", message="enum is a list of values, or true for the field's own")
    else:
        for number, value in enumerate(values):
            if field and coerce(value, field) is None:
                message = f"'{value}' is not of type {field.type}, as '{field.name}' is"
                yield Problem(path=f"{path}.values[{number}]", message=message)
    yield from check_threshold(options, path)


def check_threshold(options: _Options, path: str) -> Iterator[Problem]:
    """A threshold is above 0 and at most 1."""
    value = options.get("threshold", 1)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        yield Problem(path=f"{path}.threshold", message="a threshold is above 0 and at most 1, such as 0.85")


def check_unit(options: _Options, fields: Sequence[Field], path: str) -> Iterator[Problem]:
    """Both units are known."""
    for key in ("to", "default"):
        if key in options and find_unit(str(options[key])) is None:
            yield Problem(path=f"{path}.{key}", message=f"no unit '{options[key]}'")
    yield from _check_amount(options, fields, path)


def check_currency(options: _Options, fields: Sequence[Field], path: str) -> Iterator[Problem]:
    """The wanted currency is one, and the rates are numbers."""
    if "to" in options and currency_code(str(options["to"]), locale=None) is None:
        yield Problem(path=f"{path}.to", message=f"no currency '{options['to']}'; write a code such as EUR")
    if ("csv" in options or "rates" in options) and "to" in options:
        try:
            read_rates(options)
        except InvalidInput as error:
            yield Problem(path=f"{path}.{'csv' if 'csv' in options else 'rates'}", message=error.message)
    elif "to" in options:
        yield Problem(path=path, message="currency needs 'rates', or a 'table' of date, currency and rate")
    yield from _check_amount(options, fields, path)


def _check_amount(options: _Options, fields: Sequence[Field], path: str) -> Iterator[Problem]:
    field = _named(options.get("field"), fields)
    if field and field.type not in {FieldType.NUMBER, FieldType.INTEGER, FieldType.STRING}:
        yield Problem(path=f"{path}.field", message=f"'{field.name}' is of type {field.type}: no amount")


def check_redact(options: _Options, fields: Sequence[Field], path: str) -> Iterator[Problem]:
    """`what` is known, `keep_last` a small number."""
    what = options.get("what", "all")
    if what not in REDACTIONS:
        yield Problem(path=f"{path}.what", message=f"cannot redact '{what}'{suggest(str(what), REDACTIONS)}")
    kept = options.get("keep_last", 0)
    if isinstance(kept, bool) or not isinstance(kept, int) or not 0 <= kept <= 8:
        yield Problem(path=f"{path}.keep_last", message="'keep_last' is a number of characters from 0 to 8")
    if kept and what != "all":
        yield Problem(path=f"{path}.keep_last", message="'keep_last' goes with `redact: all`")


def _named(name: Value, fields: Sequence[Field]) -> Field | None:
    return next((field for field in fields if field.name == name), None)
