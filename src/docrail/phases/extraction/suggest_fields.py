"""Suggest the fields of a spec: what recurs with a label in sample documents, and can be extracted from them."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from docrail.core.model import Document, Layout, Record
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.candidates import Reading, read_document
from docrail.phases.extraction.labels import normal_label
from docrail.phases.extraction.lexicon import CONCEPTS, Kind, read_label
from docrail.phases.extraction.pairs import Pair, find_pairs
from docrail.phases.extraction.phase import Extraction
from docrail.phases.extraction.tables import find_rows

FIELDS_AT_MOST = 30
SYNONYMS_AT_MOST = 8
_SURE = 0.95
_RECURS_IN = 0.3
_RIGHT_IN = 0.5
_FORMATS = {"date", "money", "percent", "email", "iban", "uri"}
_KINDS = {
    Kind.DATE: {"date"},
    Kind.AMOUNT: {"money", "integer"},
    Kind.PERCENT: {"percent"},
    Kind.NUMBER: {"money", "integer"},
    Kind.INTEGER: {"integer"},
    Kind.IBAN: {"iban"},
    Kind.VAT: {"text"},
    Kind.EMAIL: {"email"},
    Kind.URL: {"uri", "text"},
}
_ROWS_OF_COLUMNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """The pairs of one field to be: of each document the first one that says it."""

    name: str
    pairs: Mapping[int, Pair]


def suggest_fields(layouts: Sequence[Layout]) -> tuple[Field, ...]:
    """Fields for documents like these, in the order in which they are printed; none that could not be extracted."""
    readings = [read_document(layout) for layout in layouts]
    least = max(min(2, len(readings)), round(_RECURS_IN * len(readings)))
    groups = [each for each in _group(readings) if len(each.pairs) >= least and _varies(each)]
    drafts = _with_own_names([(_draft(each), each) for each in groups[: 2 * FIELDS_AT_MOST]])
    found = _extract([field for field, _ in drafts], layouts)
    kept = [field for field, each in drafts if _is_right(field, each, found)][:FIELDS_AT_MOST]
    return (*kept, *_line_items(readings, least=least))


def _with_own_names(drafts: Sequence[tuple[Field, _Group]]) -> list[tuple[Field, _Group]]:
    """The first draft of each name."""
    first: dict[str, tuple[Field, _Group]] = {}
    for field, group in drafts:
        first.setdefault(field.name, (field, group))
    return list(first.values())


def _group(readings: Sequence[Reading]) -> list[_Group]:
    pairs: dict[str, dict[int, Pair]] = defaultdict(dict)
    for number, reading in enumerate(readings):
        for pair in find_pairs(reading):
            name = _name_of(pair)
            if name:
                pairs[name].setdefault(number, pair)
    return [_Group(name=name, pairs=found) for name, found in pairs.items()]


def _name_of(pair: Pair) -> str:
    """The concept that the label says, if the value is of its kind; else the label itself."""
    said = read_label(normal_label(pair.label))
    concept = max(said, key=lambda name: said[name], default=None)
    if concept is not None and said[concept] >= _SURE and not CONCEPTS[concept].of_lines:
        fitting = _KINDS.get(CONCEPTS[concept].kind)
        if fitting is None or pair.kind in fitting:
            return concept
    return _plain_name(pair.label)


def _plain_name(label: str) -> str:
    return re.sub(r"\W+", "_", normal_label(label).replace("%", "percent")).strip("_")


def _field_name(group: _Group) -> str:
    """What the one label says that is printed; the concept where there are several."""
    labels = {_plain_name(pair.label) for pair in group.pairs.values()}
    return group.name if len(labels) > 1 else labels.pop()


def _varies(group: _Group) -> bool:
    """What is the same on every document is print."""
    return len(group.pairs) == 1 or len({pair.text for pair in group.pairs.values()}) > 1


def _draft(group: _Group) -> Field:
    kinds = Counter(pair.kind for pair in group.pairs.values())
    kind, number = kinds.most_common(1)[0]
    kind = kind if number > 0.6 * len(group.pairs) else "text"
    labels = Counter(pair.label for pair in group.pairs.values())
    title, *others = [label for label, _ in labels.most_common(SYNONYMS_AT_MOST + 1)]
    types = {"money": FieldType.NUMBER, "percent": FieldType.NUMBER, "integer": FieldType.INTEGER}
    return Field(
        name=_field_name(group),
        type=types.get(kind, FieldType.STRING),
        format=kind if kind in _FORMATS else None,
        title=title,
        synonyms=tuple(_apart(others, title)),
    )


def _apart(labels: Iterable[str], title: str) -> list[str]:
    """The labels that are not the same in normal form."""
    kept: dict[str, str] = {}
    for label in labels:
        if normal_label(label) != normal_label(title):
            kept.setdefault(normal_label(label), label)
    return list(kept.values())


def _extract(fields: Sequence[Field], layouts: Sequence[Layout]) -> list[dict[str, str]]:
    """What extraction finds on each document: field → the text it took."""
    phase = PlannedPhase(id="extraction", name="Extraction", type=PhaseType.EXTRACTION, config={})
    extraction = Extraction(phase, fields)
    document = Document(id="", digest="", filename="", media_type="", size_bytes=0, metadata={})
    found = []
    for layout in layouts:
        cells = extraction.run(Record(document=document, layout=layout)).current
        found.append(
            {name: cell.provenance.text or "" for name, cell in cells.items() if cell.provenance is not None}
        )
    return found


def _is_right(field: Field, group: _Group, found: Sequence[Mapping[str, str]]) -> bool:
    """Whether extraction takes what stands beside the label, on most of the documents that have it."""
    right = sum(_agree(found[number].get(field.name, ""), pair.text) for number, pair in group.pairs.items())
    return right > 0 and right >= _RIGHT_IN * len(group.pairs)


def _agree(taken: str, printed: str) -> bool:
    """Currencies may be left out: `7.50` of `EUR 7.50`."""
    one, other = "".join(taken.split()), "".join(printed.split())
    return bool(one) and (one == other or (len(one) > 1 and one in other and len(other) - len(one) <= 4))


def _line_items(readings: Sequence[Reading], *, least: int) -> list[Field]:
    """An array of line items whose columns the documents' headers name, if rows are found under them."""
    columns: dict[str, Counter[str]] = defaultdict(Counter)
    for reading in readings:
        for concept, label in _columns_of(reading).items():
            columns[concept][label] += 1
    items = [_column(concept, labels) for concept, labels in columns.items() if sum(labels.values()) >= least]
    if len(items) < 2:
        return []
    field = Field(name="line_items", type=FieldType.ARRAY, title="Line items", items=tuple(items))
    having = sum(find_rows(reading, field) is not None for reading in readings)
    return [field] if having >= least else []


def _columns_of(reading: Reading) -> dict[str, str]:
    """The columns that the header of items says, as concept → label; empty without such a header."""
    best: dict[str, str] = {}
    for sheet in reading.sheets:
        for row in sheet.rows:
            said: dict[str, str] = {}
            for segment in row:
                known = {
                    name: worth
                    for name, worth in read_label(normal_label(segment.text)).items()
                    if CONCEPTS[name].of_lines and worth >= _SURE
                }
                if known:
                    said.setdefault(max(known, key=lambda name: known[name]), segment.text)
            if len(said) >= _ROWS_OF_COLUMNS and len(said) > len(best):
                best = said
    return best


def _column(concept: str, labels: Counter[str]) -> Field:
    title, *others = [label for label, _ in labels.most_common(SYNONYMS_AT_MOST + 1)]
    numeric = CONCEPTS[concept].kind in (Kind.AMOUNT, Kind.NUMBER)
    field = Field(name=concept, title=title, synonyms=tuple(_apart(others, title)))
    return replace(field, type=FieldType.NUMBER) if numeric else field
