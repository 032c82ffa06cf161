"""Find numbers in text: amounts, percents and integers, how a document writes them, and totals that add up."""

import re
from collections.abc import Iterable, Iterator

from docrail.core.parsing import CURRENCY_CODES, parse_decimal
from docrail.phases.extraction.currencies import SIGN
from docrail.phases.extraction.spans import Found

_MONEY = (
    rf"(?:(?:US|CA|AU|NZ|HK|SG|S|R|C|A)?{SIGN}"
    rf"|(?<![A-Za-z])(?:{CURRENCY_CODES}|RM|Rs\.?|Fr\.|kr\.?)(?![A-Za-z]*[a-z]{{2}}))"
)
_DIGITS = (
    r"(?:\d{1,3}(?:\x20\d{3})+(?=\s?[€$£])"
    r"|\d{1,3}(?:[.,'’]\d{3})+(?:\x20?[.,]\x20?\d\d(?!\d)|[.,]\d{1,4})?"
    r"|\d{1,3}(?:[ \u00a0\u202f]\d{3})+[.,]\d\d(?!\d)"
    r"|\d+(?:\x20?[.,]\x20?\d\d(?!\d)|[.,]\d{1,5})?|(?<!\d\x20)[.,]\d\d)"
)
_FIGURE = re.compile(
    rf"""(?<![\w./,:#'])(?<!\d[-–])(?P<whole>
      (?P<open>\()?\s?(?P<before>[-−–+])?\s?(?P<money>{_MONEY})?\s?(?P<after>[-−–+])?\s?
      (?P<digits>{_DIGITS})(?P<dash>[.,]?[-–]{{1,2}}(?![\w]))?
      (?P<tail>\s?(?:%|{SIGN}|(?:{CURRENCY_CODES}|zł|Kč|Ft|kr)(?![A-Za-z])|euros?\b))?(?P<last>-(?!\w))?\s?\)?
    )(?![\w/:]|[-.,'’]\d)""",
    re.VERBOSE,
)
_DECIMALS = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,' ]\d{3})*([.,])\d\d(?![\d.,])")


def find_figures(text: str, *, locale: str | None) -> Iterator[Found]:
    """Every number in `text` with its extent (currency and signs included) and the digits as printed.

    >>> [(f.text, f.value) for f in find_figures("Total EUR 1.234,56 (19%) RM5.00 12,00-", locale="de_DE")]
    [('1.234,56', 1234.56), ('19%', 19.0), ('5.00', 5.0), ('12,00-', -12.0)]
    >>> list(find_figures("INV-2024/17 on 12.03.2024 at 10:30", locale=None))
    []
    """
    for match in _FIGURE.finditer(text):
        found = _read_figure(match, locale=locale)
        if found is not None:
            yield found


def guess_decimal_locale(texts: Iterable[str]) -> str | None:
    """`de_DE` or `en_US` by what stands before two decimals in most of `texts`; None when nothing tells.

    >>> guess_decimal_locale(["1.234,56", "7,00"]), guess_decimal_locale(["none"])
    ('de_DE', None)
    """
    marks = [match[1] for text in texts for match in _DECIMALS.finditer(text)]
    commas, points = marks.count(","), marks.count(".")
    if commas == points:
        return None
    return "de_DE" if commas > points else "en_US"


def find_totals(texts: Iterable[str], *, locale: str | None) -> tuple[float, float, float] | None:
    """The largest net, tax and gross of `texts` where net + tax = gross and the tax is plausible (3 to 30 percent).

    >>> find_totals(["Net 100.00", "VAT 19.00", "Total 119.00", "Deposit 50.00"], locale=None)
    (100.0, 19.0, 119.0)
    """
    found = {f.value for text in texts for f in find_figures(text, locale=locale) if f.decimals or f.money}
    cents = sorted({round(value * 100) for value in found if isinstance(value, float) and value > 0})[-120:]
    known = set(cents)
    for net in reversed(cents):
        for tax in cents:
            if tax > 0.3 * net:
                break
            total = next((net + tax + off for off in (0, 1, -1) if net + tax + off in known), None)
            if tax >= 0.03 * net and total is not None and total != net:
                return net / 100, tax / 100, total / 100
    return None


def _read_figure(match: re.Match[str], *, locale: str | None) -> Found | None:
    digits, tail = match["digits"], (match["tail"] or "").strip()
    dash = match["dash"] or ""
    tight = re.sub(r"\s*([.,])\s*", r"\1", digits)
    number = parse_decimal(f"{tight}{dash[0]}00" if dash[:1] in (".", ",") else tight, locale=locale)
    if number is None:
        return None
    percent = tail == "%"
    trailing = bool(match["last"]) or dash in ("-", "–")
    brackets = _in_brackets(match) and not percent
    negative = (match["before"] or match["after"] or "+") in "-−–" or trailing or brackets
    start, end = match.start("digits"), match.end("digits")
    if negative:
        start = match.start("open") if brackets else _start_of_sign(match, start)
        end = match.end() if brackets or trailing else end
    shown = match.string[start : match.end("tail") if percent else end]
    return Found(
        start=match.start("whole"),
        end=match.end("whole"),
        text=shown.strip(),
        value=-number if negative else number,
        prior=0.0,
        percent=percent,
        money=bool(match["money"]) or bool(tail and not percent),
        decimals=re.search(r"[.,]\s?\d\d$", digits) is not None,
    )


def _in_brackets(match: re.Match[str]) -> bool:
    return bool(match["open"]) and match["whole"].endswith(")")


def _start_of_sign(match: re.Match[str], start: int) -> int:
    if match["before"]:
        return match.start("before")
    return match.start("after") if match["after"] else start
