"""Labels with values beside them, as a document prints them, before anybody says what is wanted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from docrail.core.parsing import find_dates
from docrail.phases.extraction.candidates import Reading
from docrail.phases.extraction.figures import find_figures
from docrail.phases.extraction.identifiers import find_emails, find_ibans, find_urls
from docrail.phases.extraction.segments import Segment, Sheet
from docrail.phases.extraction.spans import Found

_LABEL = re.compile(r"[^\W\d_](?:[^\d:]|\d(?!\d)){0,38}[\w)#°.]|ID|No|Nr")
_WORDS_AT_MOST = 5
_VALUE_AT_MOST = 80
_IBAN_AT_LEAST = 15
_CODE = re.compile(r"(?=\S*\d)[\w/.#-]{2,30}")
_WHOLE = {"email": find_emails, "iban": find_ibans, "uri": find_urls}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A label and its value as printed; `kind` is what the value looks like: a format, `integer` or `text`."""

    label: str
    text: str
    kind: str


def find_pairs(reading: Reading) -> Iterator[Pair]:
    """The pairs of a document, in the order of reading; rows of items have none."""
    for sheet in reading.sheets:
        for segment in sheet.segments:
            if (sheet.number, segment.row) not in reading.item_rows:
                yield from islice(_pairs_of(sheet, segment, reading.hints.decimals), 1)


def _pairs_of(sheet: Sheet, segment: Segment, decimals: str | None) -> Iterator[Pair]:
    """What the label in a segment may be the label of, the surest first: behind it, right of it, under it."""
    text = segment.text
    if kind_of(text, decimals=decimals) != "text":
        return
    before, colon, after = text.partition(":")
    if colon and after.strip() and is_label(before):
        yield _pair(before, after, decimals)
        return
    if not colon:
        yield from _typed_end(text, decimals)
    label = text.rstrip(" :")
    if not is_label(label):
        return
    right = next(iter(sheet.rows[segment.row][segment.column + 1 :]), None)
    if right is not None and _is_value(right.text, colon=bool(colon), decimals=decimals):
        yield _pair(label, right.text, decimals)
    under = next(sheet.below(segment), None)
    if under is None or under.box.y0 - segment.box.y1 > 1.5 * segment.height:
        return
    is_aligned = abs(under.box.x0 - segment.box.x0) < segment.height
    if is_aligned and _is_value(under.text, colon=bool(colon), decimals=decimals):
        yield _pair(label, under.text, decimals)


def is_label(text: str) -> bool:
    """Whether words look like what a form prints before a value.

    >>> is_label("Invoice No."), is_label("2024-01-01"), is_label("We thank you for your order of today")
    (True, False, False)
    """
    clean = text.strip()
    return len(clean.split()) <= _WORDS_AT_MOST and _LABEL.fullmatch(clean) is not None


def kind_of(text: str, *, decimals: str | None) -> str:
    """What a whole text looks like.

    >>> [kind_of(text, decimals=None) for text in ("12.03.2024", "EUR 7.50", "19 %", "42", "R-17", "Acme Ltd")]
    ['date', 'money', 'percent', 'integer', 'text', 'text']
    """
    if any(_covers(text, start, end) for start, end, *_ in find_dates(text, locale=None)):
        return "date"
    for kind, find in _WHOLE.items():
        if any(_covers(text, found.start, found.end) for found in find(text)):
            return kind if kind != "iban" or len(text.replace(" ", "")) >= _IBAN_AT_LEAST else "text"
    figure = next(iter(find_figures(text, locale=decimals)), None)
    return _kind_of_figure(text, figure) if figure and _covers(text, figure.start, figure.end) else "text"


def _kind_of_figure(text: str, figure: Found) -> str:
    if figure.percent:
        return "percent"
    if figure.money or figure.decimals:
        return "money"
    return "integer" if re.fullmatch(r"[1-9]\d{0,3}|0", text.strip()) else "text"


def _covers(text: str, start: int, end: int) -> bool:
    return not text[:start].strip() and not text[end:].strip(" .")


def _typed_end(text: str, decimals: str | None) -> Iterator[Pair]:
    """`Invoice Date 12 March 2024`, `Order # A-17`: a label and what is no word behind it."""
    words = text.split()
    for size in range(1, min(_WORDS_AT_MOST, len(words) - 1) + 1):
        label, rest = " ".join(words[:size]), " ".join(words[size:])
        if is_label(label) and (kind_of(rest, decimals=decimals) != "text" or _CODE.fullmatch(rest)):
            yield _pair(label, rest, decimals)
            return


def _is_value(text: str, *, colon: bool, decimals: str | None) -> bool:
    """A plain text is a value only behind a colon; else it may be the next label."""
    if text.rstrip().endswith(":") or len(text) > _VALUE_AT_MOST:
        return False
    typed = kind_of(text, decimals=decimals) != "text" or _CODE.fullmatch(text) is not None
    return typed or (colon and ":" not in text)


def _pair(label: str, text: str, decimals: str | None) -> Pair:
    clean = text.strip()
    return Pair(label=label.strip(" :"), text=clean, kind=kind_of(clean, decimals=decimals))
