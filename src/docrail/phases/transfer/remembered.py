"""Fill fields from the field registry: where words stand that identified the field's value nearly every time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docrail.core.model import Cell, Layout, Provenance
from docrail.core.spec import Field
from docrail.phases.extraction.candidates import Reading, read_document
from docrail.phases.transfer.anchors import PAIR, Anchored, find_anchored, has_anchors

SEEN_AT_LEAST = 2
PRECISION_AT_LEAST = 0.95
CONFIDENCE_AT_LEAST = 0.8
"""What two anchors that agree reach when each was seen twice, and one alone when it was seen three times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How often an anchor named a value on confirmed documents, and how often that was the confirmed one."""

    seen: int
    right: int

    @property
    def is_trusted(self) -> bool:
        """Whether a run may fill fields with it."""
        return self.seen >= SEEN_AT_LEAST and self.right >= PRECISION_AT_LEAST * self.seen

    @property
    def confidence(self) -> float:
        """The chance that it is right again, by the rule of succession."""
        return (self.right + 1) / (self.seen + 2)


Registry = Mapping[str, Mapping[str, Known]]
"""What a run knows: the trusted anchors of each field by their key."""


def read_registry(known: Any) -> Registry:
    """The registry as it was frozen with a run: `{"anchors": {field: {key: [seen, right]}}}`; None: nothing is."""
    if known is None:
        return {}
    return {
        field: {key: Known(seen=seen, right=right) for key, (seen, right) in anchors.items()}
        for field, anchors in known["anchors"].items()
    }


def transfer_remembered(
    layout: Layout, fields: Sequence[Field], registry: Registry, *, phase: str
) -> list[Cell]:
    """A cell for each field whose anchors on the document all name one value."""
    wanted = [field for field in fields if registry.get(field.name) and has_anchors(field)]
    if not wanted:
        return []
    reading = read_document(layout)
    cells = (_fill(reading, field, registry[field.name], phase=phase) for field in wanted)
    return [cell for cell in cells if cell is not None]


def _fill(reading: Reading, field: Field, known: Mapping[str, Known], *, phase: str) -> Cell | None:
    found = find_anchored(reading, field, among=known)
    confidence = _agreed({key: known[key] for key in found})
    if confidence < CONFIDENCE_AT_LEAST or len({repr(each.value) for each in found.values()}) > 1:
        return None
    best = max(found, key=lambda key: (known[key].confidence, -len(key), key))
    return _cell(field, found[best], known[best], confidence=confidence, phase=phase)


def _agreed(anchors: Mapping[str, Known]) -> float:
    """The chance that a value is right which these anchors name together: what stands beside it and what stands above
    it are two witnesses; a pair of them is one, as are two on one side."""
    doubt: dict[str, float] = {}
    for key, each in anchors.items():
        side = "pair" if PAIR in key else "over" if key.startswith("below") else "beside"
        doubt[side] = min(doubt.get(side, 1.0), 1.0 - each.confidence)
    singly = doubt.get("beside", 1.0) * doubt.get("over", 1.0)
    return round(1.0 - min(singly, doubt.get("pair", 1.0)), 6)


def _cell(field: Field, anchored: Anchored, known: Known, *, confidence: float, phase: str) -> Cell:
    span = anchored.span
    return Cell(
        field=field.name,
        value=anchored.value,
        confidence=round(confidence * (1 - span.found.doubt), 3),
        phase=phase,
        provenance=Provenance(
            method="registry",
            text=span.found.text,
            page=span.segment.page,
            box=span.box,
            address=span.address,
            detail=f"{anchored.said}, seen {known.seen} times, right {known.right} times",
        ),
    )
