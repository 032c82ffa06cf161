"""Match a text with the nearest of many: how alike they are, and what else it could have been."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KEPT = 3
"""How many alternatives are told."""

CLOSE = 0.02
"""Two candidates whose scores differ by less than this, and which mean different things, are no match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The best candidate, how alike (0..1), and the next best, best first; `value` is None when two are as good."""

    key: str
    value: str | None
    score: float
    alternatives: tuple[tuple[str, float], ...]

    @property
    def note(self) -> str:
        """The match in words, for the provenance.

        >>> Match(key="ACME AG", value="7", score=0.9, alternatives=(("ACME", 0.8),)).note
        "fuzzy 'ACME AG' 0.90; then 'ACME' 0.80"
        """
        rest = ", ".join(f"'{key}' {score:.2f}" for key, score in self.alternatives)
        return f"fuzzy '{self.key}' {self.score:.2f}" + (f"; then {rest}" if rest else "")


def find_nearest(text: str, pairs: Mapping[str, str], *, threshold: float) -> Match | None:
    """The key of `pairs` most like `text`, with what it stands for; None when none is as alike as `threshold`.

    Alike: the share of letters that agree, in the order they stand or with the words sorted, whichever is more,
    without regard to case, accents and punctuation. Ties are settled by the key's text.

    >>> pairs = {"Beta AG": "V-8", "ACME GmbH": "V-7"}
    >>> find_nearest("Acme Gmbh.", pairs, threshold=0.8).value, find_nearest("Zeta", pairs, threshold=0.8)
    ('V-7', None)
    """
    scored = sorted(_scores(plain(text), pairs, threshold), key=lambda each: (-each[1], each[0]))
    if not scored:
        return None
    (key, score), rest = scored[0], scored[1:]
    rivals = {pairs[other] for other, near in rest if score - near < CLOSE} - {pairs[key]}
    return Match(
        key=key,
        value=None if rivals else pairs[key],
        score=round(score, 4),
        alternatives=tuple((other, round(near, 4)) for other, near in rest[:KEPT]),
    )


def _scores(text: str, keys: Iterable[str], threshold: float) -> list[tuple[str, float]]:
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - half the start of a command that matches nothing

    choices = {key: plain(key) for key in keys}
    found: dict[str, float] = {}
    scorers: tuple[Any, ...] = (fuzz.ratio, fuzz.token_sort_ratio)
    for scorer in scorers:
        for _, score, key in process.extract(
            text, choices, scorer=scorer, score_cutoff=threshold * 100, limit=None
        ):
            found[key] = max(found.get(key, 0.0), score / 100)
    return list(found.items())


def plain(text: str) -> str:
    """Letters and digits alone, without case and accents.

    >>> plain("Café  Zürich, Inc.")
    'cafe zurich inc'
    """
    letters = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", kept))
