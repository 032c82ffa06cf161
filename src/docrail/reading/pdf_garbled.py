"""Whether a text layer is garbage: a font without a map to characters gives symbols, or letters that are no words."""

import re
import unicodedata

from docrail.reading.language import count_known_words

_WRONG_PART = 0.2
_CID = re.compile(r"\(cid:\d+\)")
_ENOUGH_WORDS = 30
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
    dense = "".join(text.split())
    if not dense:
        return False
    marks = _CID.findall(dense)
    if len("".join(marks)) > _WRONG_PART * len(dense):
        return True
    if not dense.isascii():
        wrong = sum(char == "\ufffd" or unicodedata.category(char) in ("Co", "Cn", "Cc") for char in dense)
        if wrong > _WRONG_PART * len(dense):
            return True
    return _is_no_language(text)


def _is_no_language(text: str) -> bool:
    words = [word for word in text.split() if word.isalpha() and len(word) > 1]
    letters = "".join(words)
    if len(words) < _ENOUGH_WORDS or len(letters) < _ENOUGH_LETTERS or not _is_latin(letters):
        return False
    if count_known_words(words):
        return False
    vowels = sum(char in _VOWELS for char in letters) / len(letters)
    return not 0.2 <= vowels <= 0.65


def _is_latin(letters: str) -> bool:
    return sum(char < "\u0250" for char in letters) > 0.9 * len(letters)
