"""The words that business documents print beside values, by concept and language (`lexicon.json`)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Any

from rapidfuzz import fuzz, process

from docrail.phases.extraction.labels import label_tokens, normal_label, squeeze


class Kind(StrEnum):
    """What a value looks like; each kind has its recogniser."""

    DATE = "date"
    AMOUNT = "amount"
    NUMBER = "number"
    INTEGER = "integer"
    PERCENT = "percent"
    CODE = "code"
    VAT = "vat"
    IBAN = "iban"
    BIC = "bic"
    EMAIL = "email"
    URL = "url"
    PHONE = "phone"
    CURRENCY = "currency"
    BOOLEAN = "boolean"
    ENUM = "enum"
    NAME = "name"
    ADDRESS = "address"
    STREET = "street"
    POSTCODE = "postcode"
    CITY = "city"
    COUNTRY = "country"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One thing that documents say: its kind, the names that fields give it, the labels that documents print."""

    name: str
    kind: Kind
    names: tuple[str, ...]
    labels: tuple[str, ...]
    terms: tuple[str, ...]

    @property
    def of_lines(self) -> bool:
        """Whether this is a column of line items rather than a field of the document."""
        return self.name in _OF_LINES


_OF_LINES = {"position", "article", "item_name", "quantity", "unit", "unit_price", "line_amount"}
_PARTS = {"kind", "names", "terms"}
_FUZZY = 84.0
_LETTERS = re.compile(r"[^\W\d_]{4}")
_WORDS_AT_MOST = 6


def _load_concept(name: str, entry: dict[str, Any]) -> Concept:
    return Concept(
        name=name,
        kind=Kind(entry["kind"]),
        names=tuple(normal_label(one) for one in entry["names"]),
        labels=tuple(label for key, labels in entry.items() if key not in _PARTS for label in labels),
        terms=tuple(entry.get("terms", ())),
    )


_DATA = json.loads(resources.files(__package__).joinpath("lexicon.json").read_text(encoding="utf-8"))
CONCEPTS = {name: _load_concept(name, entry) for name, entry in _DATA["concepts"].items()}
PARTIES: dict[str, frozenset[str]] = {party: frozenset(words) for party, words in _DATA["parties"].items()}
LANGUAGE_WORDS: dict[str, frozenset[str]] = {code: frozenset(words) for code, words in _DATA["words"].items()}

_BY_LABEL: dict[str, tuple[str, ...]] = {}
for _concept in CONCEPTS.values():
    for _label in _concept.labels:
        _key = squeeze(normal_label(_label))
        _BY_LABEL[_key] = tuple(dict.fromkeys((*_BY_LABEL.get(_key, ()), _concept.name)))
_LABELS = [key for key in _BY_LABEL if len(key) > 3]


@lru_cache(maxsize=20_000)
def read_label(text: str) -> Mapping[str, float]:
    """The concepts that `text` (as `normal_label` gives it) may announce, each with a similarity of 0..1.

    >>> read_label(normal_label("Rechnungs-Nr.:"))["invoice_number"]
    1.0
    >>> read_label(normal_label("weather in spring"))
    {}
    """
    tokens = label_tokens(text)
    if not tokens:
        return {}
    found: dict[str, float] = {}
    for phrase, similarity in _phrases(tokens):
        for concept in _BY_LABEL.get(phrase, ()):
            found[concept] = max(found.get(concept, 0.0), similarity)
    if max(found.values(), default=0.0) < 0.97 and len(tokens) <= _WORDS_AT_MOST and _LETTERS.search(text):
        hits = process.extract(squeeze(text), _LABELS, scorer=fuzz.ratio, score_cutoff=_FUZZY, limit=6)
        for label, ratio, _ in hits:
            for concept in _BY_LABEL[label]:
                found[concept] = max(found.get(concept, 0.0), ratio / 100)
    return found


def _phrases(tokens: tuple[str, ...]) -> list[tuple[str, float]]:
    """The whole, then its ends and beginnings, with what each is worth as a sign of what follows."""
    whole = len(tokens)
    joined = "".join(tokens)
    exact = 1.0 if whole > 1 or len(joined) > 7 else 0.97
    phrases = [(joined, exact), ("".join(sorted(tokens)), 0.97)]
    for size in range(max(1, whole - 6), whole):
        share = 0.12 * size / whole
        phrases.append(("".join(tokens[whole - size :]), 0.81 + share))
        phrases.append(("".join(tokens[:size]), 0.77 + share))
    return phrases
