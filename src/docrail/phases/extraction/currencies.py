"""Find currencies in text, by code or by sign."""

import re
from collections.abc import Iterator

from docrail.core.parsing import CURRENCY_CODES
from docrail.phases.extraction.spans import Found

SIGN = r"[$€£¥₹₽₺₩₫₪฿₴₦]"
_CODE_OF = {
    "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₺": "TRY", "₩": "KRW", "₫": "VND",
    "₪": "ILS", "฿": "THB", "₴": "UAH", "₦": "NGN", "RM": "MYR", "RS": "INR", "RS.": "INR", "ZŁ": "PLN", "KČ": "CZK",
    "FT": "HUF", "US$": "USD", "CA$": "CAD", "C$": "CAD", "AU$": "AUD", "A$": "AUD", "NZ$": "NZD", "HK$": "HKD",
    "SG$": "SGD", "S$": "SGD", "R$": "BRL", "EURO": "EUR", "EUROS": "EUR", "FR.": "CHF",
}  # fmt: skip
_CURRENCY = re.compile(
    rf"(?<![A-Za-z])(?:{CURRENCY_CODES})(?![A-Za-z])|(?<![A-Za-z])(?:US|CA|C|AU|A|NZ|HK|SG|S|R)?{SIGN}"
    r"|(?<![A-Za-z])(?:RM|Rs\.?)(?=[\s\d).]|$)|(?<=\d)\s?(?:zł|Kč|Ft)\b|\b(?i:euros?)\b"
)


def find_currencies(text: str) -> Iterator[Found]:
    """Every currency named in `text`, as an ISO 4217 code; `$` alone is unsure.

    >>> [(f.text, f.value) for f in find_currencies("Total 5,00 € or RM 7")]
    [('€', 'EUR'), ('RM', 'MYR')]
    """
    for match in _CURRENCY.finditer(text):
        mark = match[0].strip()
        code = _CODE_OF.get(mark.upper(), mark.upper())
        note = "a `$` of no named country" if mark == "$" else None
        yield Found(
            start=match.start(),
            end=match.end(),
            text=mark,
            value=code,
            prior=0.0,
            note=note,
            doubt=0.1 if note else 0.0,
        )
