"""How a document writes dates and decimals, from its own words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docrail.core.parsing import find_dates
from docrail.phases.extraction.figures import guess_decimal_locale
from docrail.phases.extraction.lexicon import LANGUAGE_WORDS

_US = re.compile(r"\b(?:USA|United States|U\.S\.A\.?)\b|\b[A-Z]{2},? \d{5}(?:-\d{4})?\b|\bUSD\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """The locale to read decimals with, the one to read undecided dates with, and why, with what is left of doubt."""

    decimals: str | None
    dates: str
    dates_because: str
    dates_doubt: float


def read_hints(texts: Sequence[str]) -> Hints:
    """What `texts` (all segments of a document) tell about its conventions.

    >>> read_hints(["Date 12/31/2024", "Due 03/04/2025"]).dates_because
    "month first, as in the document's other dates"
    """
    locale, because, doubt = _read_date_order(texts)
    return Hints(decimals=guess_decimal_locale(texts), dates=locale, dates_because=because, dates_doubt=doubt)


def _read_date_order(texts: Sequence[str]) -> tuple[str, str, float]:
    numeric = [text[start:end] for text in texts for start, end, *_ in find_dates(text, locale=None)]
    pairs = [re.match(r"(\d\d?)\s?[/.-]\s?(\d\d?)\s?[/.-]", text) for text in numeric]
    firsts = [(int(pair[1]), int(pair[2])) for pair in pairs if pair]
    day_first = sum(first > 12 for first, _ in firsts)
    month_first = sum(second > 12 for _, second in firsts)
    if day_first > month_first:
        return "en_GB", "day first, as in the document's other dates", 0.05
    if month_first > day_first:
        return "en_US", "month first, as in the document's other dates", 0.05
    language = _guess_language(texts)
    if language:
        return language, f"day first, as the document's words are `{language}`", 0.15
    if any(_US.search(text) for text in texts):
        return "en_US", "month first, as the document names a place in the US; day first is possible", 0.3
    return "en_GB", "day first; month first is possible", 0.35


def _guess_language(texts: Sequence[str]) -> str | None:
    words = [word for text in texts for word in re.findall(r"[^\W\d_]+", text.casefold())]
    counts = {language: sum(word in marks for word in words) for language, marks in LANGUAGE_WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= max(3, len(words) / 50) else None
