"""Compare the words round a value with the labels that a field may have."""

import re
import unicodedata
from functools import lru_cache

from rapidfuzz import fuzz

_NUMBER_WORD = re.compile(r"(?:nummern?|numbers?|numeros?|num|nbr|nmbr|nr|no)$")
# fmt: off
_SMALL = {
    "de", "of", "the", "d", "der", "die", "das", "du", "des", "la", "le", "les", "l", "del", "della", "di", "den",
    "van", "het", "for", "a", "an", "and", "pour", "und", "et", "y", "e",
}
# fmt: on
_FUZZY = 0.82


@lru_cache(maxsize=50_000)
def normal_label(text: str) -> str:
    """`text` in lower case without accents and signs, words for number as `no`, small words dropped.

    >>> normal_label("N° de facture :"), normal_label("Rechnungsnummer"), normal_label("Invoice #")
    ('no facture', 'rechnungsno', 'invoice no')
    """
    plain = unicodedata.normalize("NFKD", text.replace("°", "o ").replace("ß", "ss")).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).replace("#", " no ")
    plain = re.sub(r"(?<=\b\w)\.(?=\w\b)", "", plain)
    words = [
        "no" if word == "n" else _NUMBER_WORD.sub("no", word) for word in re.findall(r"[^\W_]+|%", plain)
    ]
    words = [word for at, word in enumerate(words) if at == 0 or word != words[at - 1]]
    kept = [word for word in words if word not in _SMALL]
    return " ".join(kept or words)


def split_name(name: str) -> str:
    """The words of a field's name, whatever its case style.

    >>> split_name("taxTotal_amount"), split_name("FATCACode"), split_name("ID #")
    ('tax Total amount', 'FATCA Code', 'ID #')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return " ".join(re.sub(r"[_\-./]+", " ", spaced).split())


def label_tokens(normal: str) -> tuple[str, ...]:
    """The words of a normal label."""
    return tuple(normal.split())


def squeeze(normal: str) -> str:
    """A normal label without spaces, so that compounds match.

    >>> squeeze(normal_label("Rechnungs Nr.")) == squeeze(normal_label("Rechnungsnummer"))
    True
    """
    return normal.replace(" ", "")


@lru_cache(maxsize=100_000)
def similarity(label: str, context: str) -> float:
    """How well `context` (words beside a value) says `label`, both normal: 0, or 0.75..1.

    More words in the context cost a little; fewer cost a lot.

    >>> similarity("order no", "order no"), round(similarity("order no", "your order no"), 2)
    (1.0, 0.89)
    >>> similarity("order no", "thank you")
    0.0
    """
    if not label or not context:
        return 0.0
    short, wide = squeeze(label), label.split()
    if short == squeeze(context):
        return 1.0 if len(wide) > 1 or len(short) > 7 else 0.97
    words = context.split()
    best = _fuzzy(short, squeeze(context))
    best = max(best, 0.98 * _fuzzy(" ".join(sorted(wide)), " ".join(sorted(words))))
    if len(words) > len(wide):
        share = 0.12 * len(wide) / len(words)
        best = max(best, (0.81 + share) * _fuzzy(short, "".join(words[-len(wide) :])))
        best = max(best, (0.77 + share) * _fuzzy(short, "".join(words[: len(wide)])))
    if best < 0.8 and len(words) > len(wide) and f" {label} " in f" {context} ":
        best = 0.8
    return best if best >= 0.7 else 0.0


def _fuzzy(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if min(len(one), len(other)) <= 3:
        return 0.0
    ratio = fuzz.ratio(one, other, score_cutoff=100 * _FUZZY) / 100
    return ratio if ratio >= _FUZZY else 0.0
