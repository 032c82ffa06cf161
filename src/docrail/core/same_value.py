"""Whether two values are the same by their type: dates as dates, amounts as amounts, text by its letters and digits."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from docrail.core.model import Value
from docrail.core.parsing import parse_date, parse_decimal

_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_AMOUNT = re.compile(r"\d[.,]\d\d(?!\d)")
_HALF_A_CENT = 0.005
_NEAR, _LONG = 90, 10


def same_value(expected: Value, actual: Value) -> bool:
    """Numbers within half a cent, dates and amounts however printed, other text but for case, white space and signs;
    lists row by row, objects by what is expected of them.

    >>> same_value(12.0, "12,00"), same_value("2024-03-01", "1 March 2024"), same_value("ACME Ltd.", "Acme LTD")
    (True, True, True)
    >>> same_value("RM5.00", "5.00"), same_value("0012", "12"), same_value(True, 1), same_value(None, "")
    (True, False, False, True)
    """
    if is_empty(expected) or is_empty(actual):
        return is_empty(expected) and is_empty(actual)
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | float):
        number = _number(actual)
        return number is not None and abs(expected - number) < _HALF_A_CENT
    if isinstance(expected, Mapping):
        return isinstance(actual, Mapping) and all(
            same_value(value, actual.get(key)) for key, value in expected.items()
        )
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        return _same_rows(expected, actual)
    return _same_text(str(expected), actual)


def is_empty(value: Value) -> bool:
    """Whether a value says that there is none."""
    return value is None or value == "" or value == []


def _number(value: Value) -> float | None:
    if isinstance(value, str):
        return parse_decimal(value, locale=None)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _same_rows(expected: Sequence[Value], actual: Value) -> bool:
    if not isinstance(actual, Sequence) or isinstance(actual, str):
        return False
    return len(expected) == len(actual) and all(map(same_value, expected, actual))


def near_value(expected: Value, actual: Value) -> bool:
    """The same, or long text that differs by a few signs, as OCR reads it: what one may learn from, not what is right.

    >>> near_value("12 JALAN TAMPOI", "12 JALAN TAMPO1"), near_value("12.00", "12.50")
    (True, False)
    """
    if same_value(expected, actual):
        return True
    if not isinstance(expected, str) or not isinstance(actual, str):
        return False
    one, other = _folded(expected), _folded(actual)
    is_text = len(one) > _LONG and sum(sign.isalpha() for sign in one) > len(one) / 3
    return is_text and fuzz.ratio(one, other) >= _NEAR


def _same_text(expected: str, actual: Value) -> bool:
    got = str(actual)
    if _ISO.fullmatch(expected) and (read := parse_date(got, locale=None)):
        return read[0] == expected
    if _AMOUNT.search(expected) and (amount := parse_decimal(expected, locale=None)) is not None:
        return amount == parse_decimal(got, locale=None)
    return _folded(expected) == _folded(got)


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in plain if sign.isalnum()) or text.strip()
