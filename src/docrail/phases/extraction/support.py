"""Whether a value follows from the words quoted for it: a true quote must not lend its truth to another value."""

import re
from collections.abc import Mapping, Sequence

from docrail.core.coerce import number_text
from docrail.core.model import Value
from docrail.core.parsing import find_dates, parse_decimal
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.quotes import pack

_NUMBER = re.compile(r"[-−(]?\s?\d[\d.,'’\s]*\d|[-−(]?\d")


def says(quote: str, value: Value, field: Field) -> bool:
    """Whether `quote` says `value`.

    >>> amount, due = Field(name="amount", type=FieldType.NUMBER), Field(name="due", format="date")
    >>> says("Total: 1.234,50 EUR", 1234.5, amount), says("Total: 1.234,50 EUR", 9.0, amount)
    (True, False)
    >>> says("due 31.12.2024", "2024-12-31", due), says("Acme Ltd, London", "Acme Ltd", Field(name="seller"))
    (True, True)
    """
    if isinstance(value, Mapping):
        members = {item.name: item for item in field.items}
        return all(
            member is None or says(quote, member, members.get(name, field)) for name, member in value.items()
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return all(says(quote, item, field) for item in value)
    if isinstance(value, bool) or value is None:
        return value is None
    if isinstance(value, int | float):
        return _says_number(quote, value, field)
    return _says_text(quote, value, field)


def must_say(field: Field) -> bool:
    """Whether a value of this field is printed as such; one of a closed list may be concluded."""
    return field.type is not FieldType.BOOLEAN and not field.enum


def _says_number(quote: str, value: int | float, field: Field) -> bool:
    locales = (field.locale,) if field.locale else ("de", "en")
    pieces = [piece for found in _NUMBER.findall(quote) for piece in (found, *found.split())]
    numbers = {parse_decimal(piece, locale=locale) for piece in pieces for locale in locales} - {None}
    return value in numbers or (value < 0 and -value in numbers and bool(re.search(r"[-−(]", quote)))


def _says_text(quote: str, value: str, field: Field) -> bool:
    packed = pack(value)
    if packed and re.search(rf"(?<!\w){re.escape(packed)}(?!\w)", pack(quote)):
        return True
    if _words(value) and f" {_words(value)} " in f" {_words(quote)} ":
        return True
    if field.format in {"date", "date-time"}:
        orders = (field.locale,) if field.locale else (None, "en_US")
        return any(iso == value for order in orders for _, _, iso, _ in find_dates(quote, locale=order))
    return _is_number(value) and any(number_text(n) == value for n in _numbers(quote))


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d+)?", text))


def _numbers(quote: str) -> list[float]:
    found = (parse_decimal(piece, locale="en") for piece in _NUMBER.findall(quote))
    return [number for number in found if number is not None]
