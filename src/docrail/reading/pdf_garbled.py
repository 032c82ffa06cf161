"""Whether a text layer is garbage: a font without a map to characters gives symbols, or letters that are no words."""

import re
import unicodedata
from collections import Counter

from docrail.reading.language import has_known_words

_WRONG_PART = 0.2
_CID = re.compile(r"\(cid:\d+\)")
_ENOUGH_LETTERS = 150
_VOWELS = frozenset("aeiouyAEIOUYäöüéèêàáâíîóôúûÄÖÜÉ")


def is_garbled(text: str) -> bool:
    """Whether nobody could have meant this text.

    A fifth of private-use, unassigned or replacement characters, `(cid:12)` marks, or much Latin text without
    one common word of a language we know and with hardly any, or nearly only, vowels.

    >>> is_garbled("Total due: EUR 120.00")
    False
    >>> is_garbled("\\ue001\\ue002\\ue003 12")
    True
    """
    if text.isascii() and text.isprintable() and "(cid:" not in text:
        # Nearly every page: no character can be wrong, and one look for words tells the rest.
        return not has_known_words(text.split()) and _is_no_language(Counter(text))
    marks = _CID.findall(text) if "(cid:" in text else ()
    counts = Counter(text)
    dense = sum(count for char, count in counts.items() if not char.isspace())
    if sum(map(len, marks)) > _WRONG_PART * dense:
        return True
    wrong = sum(count for char, count in counts.items() if _is_wrong(char))
    if wrong > _WRONG_PART * dense:
        return True
    return not has_known_words(text.split()) and _is_no_language(counts)


def _is_wrong(char: str) -> bool:
    """No space, and nothing that is ever printed."""
    return char == "\ufffd" or (unicodedata.category(char) in ("Co", "Cn", "Cc") and not char.isspace())


def _is_no_language(counts: Counter[str]) -> bool:
    latin = {char: count for char, count in counts.items() if char.isalpha() and char < "\u0250"}
    letters = sum(latin.values())
    others = sum(count for char, count in counts.items() if char.isalpha()) - letters
    if letters < _ENOUGH_LETTERS or others > 0.1 * letters:
        return False
    vowels = sum(count for char, count in latin.items() if char in _VOWELS) / letters
    return not 0.2 <= vowels <= 0.65
