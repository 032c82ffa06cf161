"""Read dates and decimals as people print them, in any of the languages that docrail knows."""

import math
import re
import unicodedata
from collections.abc import Iterator
from datetime import date

_MONTHS = (
    "january jan januar januari janvier janv jän jänner enero ene gennaio gen jaenner",
    "february feb februar februari février fevrier févr fév fev febrero febbraio febr",
    "march mar märz mrz maerz mär maart mrt mars marzo",
    "april apr avril avr abril abr aprile",
    "may mai mei mayo maggio mag",
    "june jun juni juin junio giugno giu",
    "july jul juli juillet juil julio luglio lug",
    "august aug augustus août aout agosto ago",
    "september sep sept septembre septiembre setiembre settembre set",
    "october oct oktober okt octobre octubre ottobre ott",
    "november nov novembre noviembre",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre",
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_MONTH = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_OF = r"[\s.,/-]*(?:(?:de|del|of)\s+)?"
_YEAR = r"'?(?P<y{0}>(?:19|20)\d\d|\d\d)(?!\d)"
_DATE = re.compile(
    rf"""(?<![\d.,/-])(?:
      (?P<y1>(?:19|20)\d\d)(?P<s1>[-/.])(?P<m1>\d\d?)(?P=s1)(?P<d1>\d\d?)(?!\d)
    | (?P<y2>(?:19|20)\d\d)(?P<m2>0[1-9]|1[0-2])(?P<d2>0[1-9]|[12]\d|3[01])(?!\d)
    | (?P<y3>(?:19|20)\d\d)\s?年\s?(?P<m3>\d\d?)\s?月\s?(?P<d3>\d\d?)\s?日
    | (?P<a>\d\d?)\s?(?P<s4>[-/.])\s?(?P<b>\d\d?)\s?(?P=s4)\s?(?P<y4>(?:19|20)\d\d|\d\d)(?![\d%])
    | (?P<d5>\d\d?)(?:st|nd|rd|th|er|º|°)?{_OF}(?P<m5>{_MONTH})(?![^\W\d_]){_OF}{_YEAR.format(5)}
    | (?<![^\W\d_])(?P<m6>{_MONTH})(?![^\W\d_]){_OF}(?P<d6>\d\d?)(?:st|nd|rd|th)?[\s,.-]+{_YEAR.format(6)}
    | (?P<y7>(?:19|20)\d\d){_OF}(?P<m7>{_MONTH})(?![^\W\d_]){_OF}(?P<d7>\d\d?)(?!\d)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_BESIDE_DATE = re.compile(
    r"[\W_]*|(?:[^\W\d_]{2,10}\.?,?\s*)(?:(?:the|den|le|el|il)\s+)?|[\sT,]*\d\d?[:.h]\d\d(?:[:.]\d\d)?[\w\s:.+-]*",
    re.IGNORECASE,
)

_MONTH_FIRST = {"en_us", "en_ph", "en_pr", "es_us", "es_pr"}
_POINT_LANGUAGES = {"en", "zh", "ja", "ko", "th", "he", "hi", "ms", "ga", "cy", "mt", "bn", "ta", "ur", "tl"}
_POINT_PLACES = {"CH", "LI", "MX", "US", "GT", "HN", "NI", "PA", "PE", "PR", "SV", "DO", "CU", "BZ"}

CURRENCY_CODES = (
    "EUR|USD|GBP|CHF|JPY|CNY|RMB|AUD|CAD|NZD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|TRY|RUB|UAH|INR|IDR|MYR|SGD|HKD|TWD|"
    "KRW|THB|PHP|VND|ZAR|BRL|MXN|ARS|CLP|COP|PEN|ILS|AED|SAR|QAR|KWD|EGP|MAD|TND|NGN|KES|GHS|PKR|BDT|LKR"
)
"""The ISO 4217 codes that amounts are printed with, as a pattern."""
_CURRENCY = rf"(?:[A-Z]{{1,3}}\s?)?[$€£¥₹₽₺₩₫₪฿₴₦]|(?:{CURRENCY_CODES})|RM|Rs\.?|Fr\.?|kr\.?|zł|Kč|Ft|euros?"
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<minus1>[-+])?\s*(?:(?:{_CURRENCY})\s*(?P<minus2>[-+])?)?\s*"
    r"(?P<digits>\d[\d.,' ]*|[.,]\d+)(?P<none>[-]{1,2})?(?P<minus3>\s?-)?\s*"
    rf"(?:%|‰|{_CURRENCY})?\s*(?P<minus4>-)?\s*(?P<close>\))?",
    re.IGNORECASE,
)


def parse_date(text: str, *, locale: str | None) -> tuple[str, bool] | None:
    """The ISO date that `text` as a whole prints, and whether day and month might be the other way round.

    `locale` (`de_DE`, `en_US`) settles the order; without one an undecided date is read day first. A weekday
    before the date and a time after it are dropped.

    >>> parse_date("12. März 2024", locale=None)
    ('2024-03-12', False)
    >>> parse_date("03/04/2026", locale=None), parse_date("03/04/2026", locale="en_US")
    (('2026-04-03', True), ('2026-03-04', False))
    >>> parse_date("31/02/2024", locale=None) is None
    True
    """
    clean = normal_text(text)
    match = _DATE.search(clean)
    if match is None:
        return None
    beside = (clean[: match.start()], clean[match.end() :])
    if not all(_BESIDE_DATE.fullmatch(part) for part in beside):
        return None
    return _read_date(match, locale=locale)


def find_dates(text: str, *, locale: str | None) -> Iterator[tuple[int, int, str, bool]]:
    """Every date in `text`: start, end, ISO date, whether it is ambiguous.

    >>> list(find_dates("from 1.2.2024 to 3.2.2024", locale="de_DE"))
    [(5, 13, '2024-02-01', False), (17, 25, '2024-02-03', False)]
    """
    for match in _DATE.finditer(text):
        found = _read_date(match, locale=locale)
        if found is not None:
            yield match.start(), match.end(), *found


def parse_decimal(text: str, *, locale: str | None) -> float | None:
    """The number that `text` as a whole prints, with its sign; currency and percent signs are dropped.

    `locale` says what a lone separator before three digits means; without one a comma groups and a
    point divides.

    >>> parse_decimal("1.234,56 €", locale="de_DE"), parse_decimal("(1,234.50)", locale=None)
    (1234.56, -1234.5)
    >>> parse_decimal("1.234", locale="de_DE"), parse_decimal("1.234", locale=None)
    (1234.0, 1.234)
    >>> parse_decimal("12,00-", locale=None), parse_decimal("50,-", locale="nl_NL")
    (-12.0, 50.0)
    >>> parse_decimal("12 apples", locale=None) is None
    True
    """
    match = _AMOUNT.fullmatch(normal_text(text))
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    digits = match["digits"].strip()
    none_after = match["none"] and digits[-1] in ".,"
    minus = match["open"] or "-" in (match["minus1"], match["minus2"], match["minus4"])
    minus = minus or (match["minus3"] or "").strip() == "-" or (match["none"] == "-" and not none_after)
    plain = _plain_digits(digits.rstrip(".,"), point=decimal_mark(locale))
    if plain is None:
        return None
    number = float(plain)
    return (-number if minus else number) if math.isfinite(number) else None


def decimal_mark(locale: str | None) -> str | None:
    """What `locale` puts before the decimals: `.` or `,`; None when there is no locale.

    >>> decimal_mark("de_DE"), decimal_mark("de_CH"), decimal_mark("en-GB"), decimal_mark(None)
    (',', '.', '.', None)
    """
    if not locale:
        return None
    language, _, place = locale.replace("-", "_").partition("_")
    if place[:2].upper() in _POINT_PLACES and language.lower() != "fr":
        return "."
    return "." if language.lower() in _POINT_LANGUAGES else ","


def normal_text(text: str) -> str:
    """`text` with compatibility characters, spaces, quotes and dashes in their plain form, trimmed.

    >>> normal_text("−1 234’50")
    "-1 234'50"
    """
    plain = unicodedata.normalize("NFKC", text)
    return " ".join(plain.translate(_PLAIN_SIGNS).split())


_PLAIN_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "’": "'", "‘": "'", "`": "'", "´": "'"}
)


def _read_date(match: re.Match[str], *, locale: str | None) -> tuple[str, bool] | None:
    part = match.groupdict()
    if part["a"]:
        return _read_numeric_date(part["a"], part["b"], part["y4"], dotted=part["s4"] == ".", locale=locale)
    for n in "123567":
        if part["d" + n]:
            month = part["m" + n].lower()
            number = _MONTH_OF.get(month) or (int(month) if month.isdecimal() else 0)
            iso = _iso(_year(part["y" + n]), number, int(part["d" + n]))
            return None if iso is None else (iso, False)
    return None


def _read_numeric_date(
    first: str, second: str, year: str, *, dotted: bool, locale: str | None
) -> tuple[str, bool] | None:
    full = _year(year)
    day_first = _iso(full, int(second), int(first))
    month_first = _iso(full, int(first), int(second))
    if day_first is None or month_first is None or day_first == month_first:
        iso = day_first or month_first
        return None if iso is None else (iso, False)
    if locale is None:
        return day_first, not dotted
    name = locale.replace("-", "_").lower().split(".")[0]
    if name == "en":
        return month_first, True
    return (month_first if name in _MONTH_FIRST else day_first), False


def _year(digits: str) -> int:
    year = int(digits)
    return year if year > 99 else year + (2000 if year < 70 else 1900)


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _plain_digits(digits: str, *, point: str | None) -> str | None:
    """`digits` with a decimal point and no grouping; None when no convention prints numbers so."""
    compact = digits
    if re.search(r"[' ]", digits):
        if not re.fullmatch(r"\d{1,3}(?:[' ]\d{3})+(?:[.,]\d*)?|\d+ ?[.,] ?\d+", digits):
            return None
        compact = re.sub(r"[' ]", "", digits)
        if re.fullmatch(r"\d+[.,]\d+", compact):
            return compact.replace(",", ".")
    marks = re.findall(r"[.,]", compact)
    if not marks:
        return compact
    if len(set(marks)) == 2:
        return _split_at(compact, mark=marks[-1]) if marks.count(marks[-1]) == 1 else None
    mark = marks[0]
    grouped = bool(re.fullmatch(rf"[1-9]\d{{0,2}}(?:\{mark}\d{{3}})+", compact))
    if len(marks) > 1:
        return compact.replace(mark, "") if grouped else None
    groups = mark == "," if point is None else mark != point
    return compact.replace(mark, "") if grouped and groups else compact.replace(mark, ".")


def _split_at(digits: str, *, mark: str) -> str | None:
    whole, _, decimals = digits.rpartition(mark)
    other = "," if mark == "." else "."
    if not re.fullmatch(rf"\d{{1,3}}(?:\{other}\d{{2,3}})*(?:\{other}\d{{3}})", whole):
        return None
    return f"{whole.replace(other, '')}.{decimals or '0'}"
