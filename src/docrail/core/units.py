"""Units of measure as printed on documents, and how many of one another is. Exact: factors are decimals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

_FACTORS: Mapping[str, Mapping[str, str]] = {
    "mass": {
        "mg": "0.000001", "g": "0.001", "kg": "1", "t": "1000", "oz": "0.028349523125", "lb": "0.45359237",
    },
    "length": {
        "mm": "0.001", "cm": "0.01", "dm": "0.1", "m": "1", "km": "1000", "in": "0.0254", "ft": "0.3048",
        "yd": "0.9144", "mi": "1609.344",
    },
    "area": {"cm2": "0.0001", "m2": "1", "ha": "10000", "km2": "1000000", "ft2": "0.09290304", "ac": "4046.8564224"},
    "volume": {
        "ml": "0.001", "cl": "0.01", "dl": "0.1", "l": "1", "hl": "100", "cm3": "0.001", "dm3": "1", "m3": "1000",
        "gal": "3.785411784", "ft3": "28.316846592",
    },
    "time": {"s": "1", "min": "60", "h": "3600", "d": "86400", "wk": "604800"},
    "energy": {"j": "1", "kj": "1000", "mj": "1000000", "wh": "3600", "kwh": "3600000", "mwh": "3600000000"},
    "power": {"w": "1", "kw": "1000", "mw": "1000000"},
    "count": {"pc": "1", "dz": "12"},
}  # fmt: skip
_NAMES = {
    **dict.fromkeys(("kgs", "kilo", "kilos", "kilogram", "kilograms", "kilogramm"), "kg"),
    **dict.fromkeys(("gram", "grams", "gramm", "gr"), "g"),
    **dict.fromkeys(("to", "ton", "tons", "tonne", "tonnes", "tonnen"), "t"),
    **dict.fromkeys(("lbs", "pound", "pounds"), "lb"),
    **dict.fromkeys(("meter", "metre", "meters", "metres", "mtr"), "m"),
    **dict.fromkeys(("inch", "inches", '"'), "in"),
    **dict.fromkeys(("foot", "feet"), "ft"),
    **dict.fromkeys(("litre", "liter", "litres", "liters", "ltr", "lt"), "l"),
    **dict.fromkeys(("qm", "sqm", "m²"), "m2"),
    **dict.fromkeys(("cbm", "m³"), "m3"),
    **dict.fromkeys(("km²",), "km2"),
    **dict.fromkeys(("sec", "second", "seconds"), "s"),
    **dict.fromkeys(("minute", "minutes", "minuten"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "heure", "heures"), "h"),
    **dict.fromkeys(("day", "days", "tag", "tage", "jour", "jours"), "d"),
    **dict.fromkeys(("week", "weeks", "woche", "wochen"), "wk"),
    **dict.fromkeys(
        ("pcs", "piece", "pieces", "stk", "stück", "stueck", "ea", "each", "unit", "units"), "pc"
    ),
    **dict.fromkeys(("dozen", "dtzd"), "dz"),
}
_MEASURE = re.compile(r"\s*(?P<number>[-+−(]?\d[\d.,'’\s]*\)?-?)\s*(?P<unit>[^\d\s(][^\d]{0,20}[23]?)?\s*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by its symbol; `factor` is how many base units of its `kind` it is."""

    symbol: str
    kind: str
    factor: Decimal


def find_unit(text: str) -> Unit | None:
    """The unit that a symbol or a common name stands for.

    >>> find_unit("Stück").symbol, find_unit("LBS.").symbol, find_unit("parsec") is None
    ('pc', 'lb', True)
    """
    clean = text.strip().rstrip(".").casefold()
    symbol = _NAMES.get(clean, clean)
    for kind, factors in _FACTORS.items():
        if symbol in factors:
            return Unit(symbol, kind, Decimal(factors[symbol]))
    return None


def convert(number: float, *, given: Unit, wanted: Unit) -> float | None:
    """`number` of one unit in another; None when they measure different things.

    >>> tons, kilos, metres = find_unit("t"), find_unit("kg"), find_unit("m")
    >>> convert(2.5, given=tons, wanted=kilos), convert(1, given=tons, wanted=metres)
    (2500.0, None)
    """
    if given.kind != wanted.kind:
        return None
    return float(round(Decimal(repr(number)) * given.factor / wanted.factor, 9))


def split_measure(text: str) -> tuple[str, str | None] | None:
    """The number and the unit of a text such as `2,5 kg`, as printed.

    >>> split_measure("2,5 kg"), split_measure("12"), split_measure("about 3 kg") is None
    (('2,5', 'kg'), ('12', None), True)
    """
    match = _MEASURE.fullmatch(text)
    return (match["number"].strip(), match["unit"].strip() if match["unit"] else None) if match else None
