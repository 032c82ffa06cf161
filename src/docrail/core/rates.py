"""Rates of exchange given by the user: one for each currency, or a table of dates."""

import csv
import io
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from docrail.core.errors import InvalidInput
from docrail.core.lookup_table import read_columns, table_delimiter
from docrail.core.model import Value

COLUMNS = ("date", "currency", "rate")


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of a currency is in the wanted one: (dates, rates) for each code, dates ascending.

    A rate without a date holds always: its date is empty.
    """

    by_code: Mapping[str, tuple[tuple[str, ...], tuple[float, ...]]]

    def find(self, code: str, day: str | None) -> float | None:
        """The rate of a day: the last one of that day or before; None when there is none.

        >>> rates = read_rates({"csv": "date,currency,rate\\n2024-01-01,USD,0.9\\n2024-02-01,USD,0.92"})
        >>> rates.find("USD", "2024-01-31"), rates.find("USD", "2023-12-31"), rates.find("GBP", "2024-01-31")
        (0.9, None, None)
        """
        days, rates = self.by_code.get(code, ((), ()))
        place = bisect_right(days, day or "")
        return rates[place - 1] if place else None


def read_rates(options: Mapping[str, Value]) -> Rates:
    """The rates of a rule: `rates` (code to number), or `csv` with the columns date, currency and rate.

    Raises InvalidInput for what is not a rate.
    """
    listed = options.get("rates")
    rows: list[tuple[str, Value, Value]] = (
        [("", code, rate) for code, rate in listed.items()] if isinstance(listed, Mapping) else []
    )
    if isinstance(options.get("csv"), str):
        rows += _rows(str(options["csv"]))
    if not rows:
        raise InvalidInput("rates is a mapping such as {USD: 0.92}, or a table with date, currency and rate")
    found: dict[str, dict[str, float]] = {}
    for day, code, rate in rows:
        found.setdefault(_code(code), {})[_day(day)] = _rate(rate, str(code))
    return Rates(
        {
            code: (tuple(sorted(days)), tuple(days[day] for day in sorted(days)))
            for code, days in found.items()
        }
    )


def _rows(text: str) -> list[tuple[str, Value, Value]]:
    columns = read_columns(text)
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise InvalidInput(
            f"the table of rates has no column '{missing[0]}': it needs date, currency and rate"
        )
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=table_delimiter(text))
    return [(row["date"] or "", row["currency"], row["rate"]) for row in rows]


def _code(code: Value) -> str:
    text = str(code).strip().upper()
    if len(text) != 3 or not text.isalpha():
        raise InvalidInput(f"'{code}' is not a currency code such as EUR")
    return text


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat() if text.strip() else ""
    except ValueError:
        raise InvalidInput(f"'{text}' is not a date such as 2024-12-31") from None


def _rate(rate: Value, code: str) -> float:
    try:
        number = float(str(rate))
    except ValueError:
        number = 0.0
    if isinstance(rate, bool) or not 0 < number < 1e12:
        raise InvalidInput(f"the rate of {code} is '{rate}': it must be a number above 0")
    return number
