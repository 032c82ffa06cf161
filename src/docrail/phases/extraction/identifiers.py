"""Find checked identifiers and codes in text: IBAN, BIC, VAT ids, e-mail, URL, phone, numbers of documents."""

import re
from collections.abc import Iterator
from functools import lru_cache

from stdnum.eu import vat
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_97_10

from docrail.core.parsing import find_dates
from docrail.phases.extraction.spans import Found

_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{2,4}){2,8}(?:\s?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
_BIC = re.compile(r"(?<![A-Za-z0-9])[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Za-z0-9])")
_EU = "AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI"
_VAT = re.compile(
    rf"(?<![A-Za-z0-9])(?:(?:{_EU})[ -]?[A-Z0-9]{{0,2}}[ .]?\d{{2,}}(?:[ .-]?[A-Z0-9]{{2,5}}){{0,4}}"
    r"|CHE[- ]?\d{3}(?:[. ]?\d{3}){2})"
    r"(?![A-Za-z0-9])"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TLD = "com|org|net|de|fr|es|it|nl|be|at|ch|eu|uk|io|co|info|biz|us|ca|au|pl|se|dk|no|fi|pt|lu|shop|app|dev|my|sg|in"
_URL = re.compile(
    rf"(?:https?://|www\.)[^\s,;|)]+|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:{_TLD})(?:/[^\s,;|)]*)?(?![\w@-])",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w/.,])(?:\+|\(\+?|00)?\d[\d ()/.\-–]{5,20}\d(?![\w/])")
_TOKEN = re.compile(r"[^\s:;|°º()\[\]{}<>\"“”„*=]+")
_CODE = re.compile(r"(?=[^\d]*\d)[A-Za-z0-9][\w./\\-]*[A-Za-z0-9]|\d")
_SPACED = re.compile(
    r"(?<![\w.,/])(?:[A-Z]{1,4}[ -]?)?\d{1,6}(?:[ -]\d{1,6}){1,8}(?:[ -][A-Z]{1,2})?(?![\w/]|[.,]\d)"
)


def find_ibans(text: str) -> Iterator[Found]:
    """Every IBAN in `text`, without spaces; one whose check digits are wrong is unsure.

    >>> [f.value for f in find_ibans("IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX")]
    ['DE89370400440532013000']
    """
    for match in _IBAN.finditer(text):
        ends = [match.start() + at.start() for at in re.finditer(r"\s|$", match[0])]
        valid = [end for end in reversed(ends) if _is_iban(_compact(text[match.start() : end]))]
        end = valid[0] if valid else match.end()
        yield _found(text, match.start(), end, compact=True, prior=0.5 if valid else 0.05, check=bool(valid))


def find_bics(text: str) -> Iterator[Found]:
    """Every text of the shape of a BIC.

    >>> [f.value for f in find_bics("SWIFT HELADEF1GEL")]
    ['HELADEF1GEL']
    """
    for match in _BIC.finditer(text):
        prior = 0.15 if re.search(r"\d|XXX$", match[0]) else -0.1
        yield _found(text, match.start(), match.end(), compact=False, prior=prior)


def find_vat_ids(text: str) -> Iterator[Found]:
    """Every VAT id in `text` as printed, with its country; other codes with digits may be one beside a label.

    >>> [f.value for f in find_vat_ids("USt-IdNr. DE 136 695 976")]
    ['DE 136 695 976']
    """
    taken = []
    for match in _VAT.finditer(text):
        valid = _is_vat(_compact(match[0]))
        taken.append(match.span())
        yield _found(text, match.start(), match.end(), compact=False, prior=0.4 if valid else 0.1)
    for found in find_codes(text):
        if sum(sign.isdigit() for sign in found.text) >= 5 and not _touches(found, taken):
            yield found


def find_emails(text: str) -> Iterator[Found]:
    """Every e-mail address.

    >>> [f.value for f in find_emails("mail to: a.b@example.com.")]
    ['a.b@example.com']
    """
    for match in _EMAIL.finditer(text):
        yield _found(text, match.start(), match.end(), compact=False, prior=0.4)


def find_urls(text: str) -> Iterator[Found]:
    """Every web address, with or without a scheme.

    >>> [f.value for f in find_urls("see www.example.com/a, or saeco.com")]
    ['www.example.com/a', 'saeco.com']
    """
    for match in _URL.finditer(text):
        if text[match.start() - 1 : match.start()] != "@":
            end = match.start() + len(match[0].rstrip(".,;"))
            yield _found(text, match.start(), end, compact=False, prior=0.35)


def find_phones(text: str) -> Iterator[Found]:
    """Every text of the shape of a telephone number (7 to 15 digits, not a date).

    >>> [f.value for f in find_phones("Tel. +49 (0)6051 916-44 on 12.03.2024")]
    ['+49 (0)6051 916-44']
    """
    dates = [(start, end) for start, end, *_ in find_dates(text, locale=None)]
    for match in _PHONE.finditer(text):
        digits = sum(sign.isdigit() for sign in match[0])
        found = _found(text, match.start(), match.end(), compact=False, prior=_prior_of_phone(match[0]))
        if 7 <= digits <= 15 and not _touches(found, dates):
            yield found


def find_codes(text: str) -> Iterator[Found]:
    """Every token with a digit, and every run of digit groups.

    >>> [f.value for f in find_codes("Order no. INV/2023/08 and 421 938 861")]
    ['421 938 861', 'INV/2023/08', '421', '938', '861']
    """
    for match in _SPACED.finditer(text):
        yield _found(text, match.start(), match.end(), compact=False, prior=0.03)
    for match in _TOKEN.finditer(text):
        token = match[0].strip("#.,'’-–")
        if _CODE.fullmatch(token):
            start = match.start() + match[0].index(token)
            yield _found(text, start, start + len(token), compact=False, prior=_prior_of_code(token))


def _prior_of_phone(text: str) -> float:
    if re.match(r"\+\d|\(\d{2,5}\)\s?\d{3}", text):
        return 0.32
    return 0.15 if text[0] in "(0" else 0.0


def _prior_of_code(token: str) -> float:
    if any(end - start == len(token) for start, end, *_ in find_dates(token, locale=None)):
        return -0.3
    if re.fullmatch(r"\d+[.,]\d\d|\d[\d.,]*%?", token) and not token.isdigit():
        return -0.25
    digits = sum(sign.isdigit() for sign in token)
    return 0.05 if digits >= 4 else 0.0 if digits >= 2 else -0.05


def _found(text: str, start: int, end: int, *, compact: bool, prior: float, check: bool = True) -> Found:
    shown = text[start:end].strip()
    return Found(
        start=start,
        end=end,
        text=shown,
        value=_compact(shown) if compact else shown,
        prior=prior,
        note=None if check else "its check digits are wrong",
        doubt=0.0 if check else 0.25,
    )


def _compact(text: str) -> str:
    return re.sub(r"[\s.\-]", "", text)


def _touches(found: Found, extents: list[tuple[int, int]]) -> bool:
    return any(found.start < end and start < found.end for start, end in extents)


@lru_cache(maxsize=10_000)
def _is_iban(number: str) -> bool:
    if not 15 <= len(number) <= 34:
        return False
    return mod_97_10.is_valid(number[4:] + number[:4])


@lru_cache(maxsize=10_000)
def _is_vat(number: str) -> bool:
    try:
        vat.validate(number)
    except ValidationError:
        return False
    return True
