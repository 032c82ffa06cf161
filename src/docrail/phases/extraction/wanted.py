"""What a field asks for: the kind of its value, its concept, its party and the labels to look for."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.labels import normal_label, similarity, split_name
from docrail.phases.extraction.lexicon import CONCEPTS, PARTIES, Concept, Kind, read_label

_FORMATS = {
    "date": Kind.DATE,
    "date-time": Kind.DATE,
    "email": Kind.EMAIL,
    "idn-email": Kind.EMAIL,
    "uri": Kind.URL,
    "url": Kind.URL,
    "phone": Kind.PHONE,
    "iban": Kind.IBAN,
    "bic": Kind.BIC,
    "vat-id": Kind.VAT,
    "currency": Kind.CURRENCY,
    "money": Kind.AMOUNT,
    "percent": Kind.PERCENT,
    "address": Kind.ADDRESS,
    "name": Kind.NAME,
}
_NUMERIC = {Kind.AMOUNT, Kind.NUMBER, Kind.INTEGER, Kind.PERCENT}
_DATE_WORDS = {"date", "datum", "fecha", "data", "day"}
_CODE_WORDS = {"no", "id", "ref", "code", "reference", "account", "ssn", "ein", "nos"}
_NAME_WORDS = {"name", "company", "customer", "supplier", "client"}
_AMOUNT_WORDS = {
    "amount",
    "total",
    "price",
    "cost",
    "sum",
    "fee",
    "betrag",
    "montant",
    "importe",
    "importo",
    "bedrag",
}
_YES_NO = {"yes", "no", "true", "false", "selected", "unselected", "checked", "unchecked", "on", "off"}
_SHARED = ({"gross_total", "amount_due"}, {"net_total", "subtotal"}, {"order_number", "buyer_reference"})
_FRIEND = 0.82
_OF_LINES = frozenset(name for name, concept in CONCEPTS.items() if concept.of_lines) | {"tax_rate"}
_OF_TAXES = frozenset({"tax_rate", "net_total", "tax_total"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One field as the extractor looks for it; `labels` are (normal label, weight).

    `friends` are the concepts whose value may be this one too.
    """

    field: Field
    kind: Kind
    concept: str | None
    party: str | None
    labels: tuple[tuple[str, float], ...]
    friends: frozenset[str]
    beginnings: frozenset[str]

    @property
    def keeps_text(self) -> bool:
        """Whether the value is the text as printed."""
        return self.field.type is FieldType.STRING and self.field.format is None

    def own(self, context: str) -> float:
        """How well a normal `context` says this field, 0..1."""
        best = 0.0
        for label, weight in self.labels:
            best = max(best, weight * similarity(label, context))
        if self.concept is None or best > 0.96:
            return best
        said = read_label(context)
        for friend in self.friends:
            best = max(best, _FRIEND * said.get(friend, 0.0))
        return max(best, 0.96 * said.get(self.concept, 0.0))

    def may_begin(self, word: str) -> bool:
        """Whether a label of this field may begin with `word` (normal)."""
        return not word or word[:3] in self.beginnings

    def rival(self, context: str) -> float:
        """How well a normal `context` says something else than this field, 0..1."""
        best = known = 0.0
        for concept, similar in read_label(context).items():
            if concept in self.friends:
                known = max(known, similar)
            elif similar > best and self._minds(concept):
                best = similar
        return best if best > known + 0.02 else 0.0

    def _minds(self, concept: str) -> bool:
        other = CONCEPTS[concept].kind
        if self.kind in _NUMERIC:
            return other in _NUMERIC
        return other is Kind.DATE if self.kind is Kind.DATE else True


@lru_cache(maxsize=2_000)
def understand(field: Field) -> Wanted:
    """`field` as the extractor looks for it."""
    return _make_wanted(field, *_find_concept(field))


@lru_cache(maxsize=2_000)
def understand_column(field: Field, *, of_taxes: bool = False) -> Wanted:
    """A column of line items, or of a breakdown of taxes, as the extractor looks for it."""
    likely = _OF_TAXES if of_taxes else _OF_LINES
    said = [_best_concept(normal_label(text), field, least=0.5, likely=likely) for text in _texts_of(field)]
    return _make_wanted(field, next((concept for concept in said if concept is not None), None), None)


def _texts_of(field: Field) -> tuple[str, ...]:
    return split_name(field.name), field.title or "", *field.synonyms


def _make_wanted(field: Field, concept: Concept | None, party: str | None) -> Wanted:
    labels = dict(_labels_of(field, concept=concept))
    printed = [normal_label(label) for label in concept.labels] if concept else []
    return Wanted(
        field=field,
        kind=_kind_of(field, concept),
        concept=concept.name if concept else None,
        party=party,
        labels=tuple(labels.items()),
        beginnings=frozenset(label[:3] for label in (*labels, *printed) if label),
        friends=_friends(concept.name) if concept else frozenset(),
    )


def _friends(concept: str) -> frozenset[str]:
    """The concept and those whose value is often the same one."""
    return frozenset({concept}.union(*(group for group in _SHARED if concept in group)))


def _labels_of(field: Field, *, concept: Concept | None) -> Iterable[tuple[str, float]]:
    description = re.sub(r"\(.*?\)|\.$", "", (field.description or "").partition(":")[0])
    if 0 < len(description.split()) <= 5:
        yield normal_label(description), 0.85
    yield normal_label(split_name(field.name)), 0.97
    if field.title:
        yield normal_label(field.title), 1.0
    for synonym in field.synonyms:
        yield normal_label(synonym), 1.0


def _find_concept(field: Field) -> tuple[Concept | None, str | None]:
    term = field.term or next(iter(re.findall(r"\bBT-\d+", field.description or "")), None)
    if term:
        for concept in CONCEPTS.values():
            if term in concept.terms:
                return concept, _party_in(split_name(field.name).lower().split())
    for text in (split_name(field.name), field.title or ""):
        found = _concept_named(normal_label(text), field)
        if found[0] is not None:
            return found
    said = [_concept_named(normal_label(synonym), field)[0] for synonym in field.synonyms]
    named = [concept for concept in said if concept is not None]
    return (named[0] if named else None), _party_in(normal_label(split_name(field.name)).split())


def _concept_named(text: str, field: Field) -> tuple[Concept | None, str | None]:
    whole = _best_concept(text, field, least=1.0)
    words = text.split()
    party = _party_in(words)
    if whole is not None:
        owner = "buyer" if whole.name == "buyer_name" else "seller" if whole.name == "seller_name" else None
        return whole, owner or party
    if party is not None:
        rest = [word for word in words if not any(word in PARTIES[one] for one in PARTIES)]
        if rest in ([], ["name"]):
            return CONCEPTS[{"ship": "ship_to"}.get(party, f"{party}_name")], party
        part = _best_concept(" ".join(rest), field, least=0.5)
        if part is not None:
            return part, party
    return _best_concept(text, field, least=0.5), party


def _best_concept(text: str, field: Field, *, least: float, likely: Collection[str] = ()) -> Concept | None:
    scored = [
        (_name_coverage(text, name) + _type_bonus(concept, field) + 0.05 * (concept.name in likely), concept)
        for concept in CONCEPTS.values()
        if likely or not concept.of_lines
        for name in (*concept.names, *map(normal_label, concept.labels))
    ]
    best, concept = max(scored, key=lambda pair: pair[0])
    return concept if best >= least else None


def _name_coverage(text: str, name: str) -> float:
    words, parts = text.split(), name.split()
    if words == parts:
        return 1.0
    if sorted(words) == sorted(parts):
        return 0.99 + 0.01
    return len(parts) / len(words) - 0.01 if words and set(parts) < set(words) else 0.0


def _type_bonus(concept: Concept, field: Field) -> float:
    numeric = concept.kind in _NUMERIC
    if field.type in (FieldType.NUMBER, FieldType.INTEGER):
        return 0.0 if numeric else -1.0
    if field.format is not None and field.format in _FORMATS and _FORMATS[field.format] is not concept.kind:
        return -1.0 if concept.kind is not Kind.TEXT else -0.3
    return -0.02 if concept.kind is Kind.PERCENT else -0.01 if numeric else 0.0


def _party_in(words: Iterable[str]) -> str | None:
    for word in words:
        for party, marks in PARTIES.items():
            if word in marks:
                return party
    return None


def _kind_of(field: Field, concept: Concept | None) -> Kind:
    if field.type is FieldType.BOOLEAN:
        return Kind.BOOLEAN
    if field.enum:
        words = {str(value).casefold() for value in field.enum if value is not None}
        return Kind.BOOLEAN if words and words <= _YES_NO else Kind.ENUM
    if field.format in _FORMATS:
        return _FORMATS[field.format]
    if field.type is FieldType.INTEGER:
        return Kind.INTEGER
    if field.type is FieldType.NUMBER:
        return concept.kind if concept and concept.kind in _NUMERIC else Kind.NUMBER
    if concept is not None:
        return concept.kind
    return _kind_of_words(set(normal_label(f"{split_name(field.name)} {field.title or ''}").split()))


def _kind_of_words(words: set[str]) -> Kind:
    if words & _DATE_WORDS:
        return Kind.DATE
    if words & _AMOUNT_WORDS:
        return Kind.AMOUNT
    if words & _CODE_WORDS or any(word.endswith("no") and len(word) > 5 for word in words):
        return Kind.CODE
    return Kind.NAME if words & _NAME_WORDS else Kind.TEXT
