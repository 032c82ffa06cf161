"""Every place of a document whose text may be a field's value, best first: what a reviewer chooses from."""

from dataclasses import dataclass

from docrail.core.model import Box, Layout, Value
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.candidates import read_document
from docrail.phases.extraction.scoring import score_spans
from docrail.phases.extraction.values import value_of
from docrail.phases.extraction.wanted import understand


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A value, where it stands, and why it may be the field's. `score` is about 0..1."""

    value: Value
    text: str
    page: int
    box: Box | None
    address: str | None
    score: float
    because: str


def suggest_values(layout: Layout, field: Field, *, limit: int = 10) -> list[Suggestion]:
    """The best places for `field`; none for arrays and objects, which have no one place."""
    if field.type in (FieldType.ARRAY, FieldType.OBJECT):
        return []
    wanted = understand(field)
    scored = sorted(score_spans(read_document(layout), wanted), key=lambda each: -each.score)
    return [
        Suggestion(
            value=value_of(each.span.found, wanted),
            text=each.span.found.text,
            page=each.span.segment.page,
            box=each.span.box,
            address=each.span.address,
            score=round(each.score, 3),
            because=each.because,
        )
        for each in scored[:limit]
    ]
