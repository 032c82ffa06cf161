"""Whether what a cell says really stands in the document."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from docrail.core.coerce import number_text
from docrail.core.model import Cell, CellStatus, Layout, Record, Value
from docrail.core.parsing import find_dates, normal_text, parse_decimal

DECIDED = frozenset({CellStatus.APPROVED, CellStatus.CORRECTED, CellStatus.OVERRIDDEN})
"""What a person decided."""

_KNOWN = {
    "given": "given with the document",
    "einvoice": "read from the document's e-invoice",
    "rule:compute": "worked out from other fields",
    "rule:lookup": "looked up in a table",
}


@dataclass(frozen=True)
class SourceText:
    """A document's visible text, searched without regard to case and white space."""

    layout: Layout

    @cached_property
    def _spaced(self) -> str:
        return _normal(self.layout.text)

    @cached_property
    def _packed(self) -> str:
        return self._spaced.replace(" ", "")

    @cached_property
    def _numbers(self) -> frozenset[float]:
        lines = [line for page in self.layout.pages for line in page.lines]
        texts = [word.text for line in lines for word in line.words]
        found = (parse_decimal(text, locale=mark) for text in texts for mark in ("de", "en"))
        return frozenset(number for number in found if number is not None)

    @cached_property
    def _dates(self) -> frozenset[str]:
        found = (find_dates(self.layout.text, locale=order) for order in (None, "en_US"))
        return frozenset(iso for dates in found for _, _, iso, _ in dates)

    def has_text(self, text: str) -> bool:
        """Whether `text` stands there as whole words, or over broken words if it has 6 characters or more."""
        wanted = _normal(text)
        if not wanted:
            return False
        if re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(wanted)}(?!\w)(?![.,]\d)", self._spaced):
            return True
        packed = wanted.replace(" ", "")
        return len(packed) >= 6 and packed in self._packed

    def has_value(self, value: Value) -> bool:
        """Whether a value is printed there in any form; a list or an object, if all in it is."""
        if value is None or isinstance(value, bool):
            return True
        if isinstance(value, int | float):
            return value in self._numbers or self.has_text(number_text(value))
        if isinstance(value, str):
            return self.has_text(value) or value in self._dates
        items = value.values() if isinstance(value, Mapping) else value
        return all(self.has_value(item) for item in items)


def explain_source(record: Record, cell: Cell, source: SourceText) -> tuple[bool, str]:
    """Whether a cell's value stands in the document or need not, and why."""
    if cell.status in DECIDED:
        return True, "decided by a person"
    origin = _origin(record, cell)
    method = origin.provenance.method if origin.provenance else ""
    if method in _KNOWN:
        return True, _KNOWN[method]
    text = origin.provenance.text if origin.provenance else None
    if (text and source.has_text(text)) or source.has_value(origin.value):
        return True, ""
    return False, f"'{cell.field}' does not stand in the text of the document"


def _origin(record: Record, cell: Cell) -> Cell:
    """The version of the cell that a policy's formats and maps started from."""
    versions = [each for each in record.cells if each.field == cell.field]
    for version in reversed(versions):
        if not version.provenance or version.provenance.method not in {"rule:format", "rule:map"}:
            return version
    return cell


def _normal(text: str) -> str:
    return " ".join(normal_text(text).split()).casefold()
