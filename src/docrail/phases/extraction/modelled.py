"""Cells from a model's answers: a value counts only with a quote that stands in the document and says it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docrail.core.coerce import coerce
from docrail.core.model import Cell, CellStatus, HoldReason, Provenance, Record, Value
from docrail.core.spec import Field, FieldType
from docrail.models.protocol import Model
from docrail.phases.extraction.questions import (
    INSTRUCTIONS,
    PICTURES_AT_ONCE,
    answer_schema,
    split_fields,
    split_layout,
    write_question,
)
from docrail.phases.extraction.quotes import Quotable, Quoted, pack
from docrail.phases.extraction.support import must_say, says
from docrail.phases.extraction.suspicion import speaks_to_model

SURE, CONCLUDED, ROWS, UNFOUND = 0.9, 0.6, 0.75, 0.1
METHOD = "model"
WITNESS = 0.5
"""A local value at least this sure is a witness: a model that contradicts it is not believed unseen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What the model says of one field, and the place that proves it, if it does."""

    value: Value
    place: Quoted | None
    confidence: float
    detail: str


def ask_fields(record: Record, fields: Sequence[Field], model: Model, *, vision: bool) -> dict[str, Cell]:
    """The model's cell for each field that it has a value for, by name, without a phase; those not proved are held.

    Raises PhaseError and DocumentError.
    """
    quotable, claims = Quotable(record.layout), dict[str, list[_Claim]]()
    for group in split_fields(fields):
        for part in split_layout(record.layout, most_pages=PICTURES_AT_ONCE if vision else None):
            images = [model.see(page) for page in part.pages] if vision else []
            question = write_question(group, part)
            answer = model.ask(INSTRUCTIONS, question, schema=answer_schema(group), images=images).value
            for field in group:
                claims.setdefault(field.name, []).extend(_claims(field, answer[field.name], quotable))
    is_suspect = speaks_to_model(record.layout)
    return {
        field.name: _cell(field, made, is_suspect=is_suspect)
        for field in fields
        if (made := claims.get(field.name))
    }


def weigh(local: Cell | None, asked: Cell) -> Cell:
    """The model's cell in the light of the local one: agreement makes it surer, contradiction holds it."""
    if local is None or asked.status is CellStatus.HELD:
        return asked
    if local.value == asked.value:
        return _changed(asked, confidence=max(0.95, local.confidence), detail="the local extractor agrees")
    if local.confidence < WITNESS or _fit_together(local.value, asked.value):
        return asked
    return _changed(
        asked,
        confidence=0.4,
        detail="the local extractor says something else",
        hold=HoldReason.DISAGREEMENT,
    )


def _fit_together(one: Value, other: Value) -> bool:
    """Whether both may be true: one text says more than the other; lists are not compared."""
    if isinstance(one, str) and isinstance(other, str):
        return pack(one) in pack(other) or pack(other) in pack(one)
    return isinstance(one, Sequence | Mapping) or isinstance(other, Sequence | Mapping)


def _claims(field: Field, said: Any, quotable: Quotable) -> Iterable[_Claim]:
    if field.type is FieldType.ARRAY:
        yield from _rows(field, said["rows"], quotable)
        return
    value = coerce(said["value"], field)
    if said["value"] is None or value is None or value == "":
        return
    place = quotable.find(said["quote"] or "")
    if place is None:
        yield _Claim(value=value, place=None, confidence=UNFOUND, detail="the quote is not in the document")
    elif says(place.text, value, field):
        yield _Claim(value=value, place=place, confidence=SURE, detail="")
    elif must_say(field):
        yield _Claim(
            value=value, place=None, confidence=UNFOUND, detail="the words quoted do not say this value"
        )
    else:
        yield _Claim(value=value, place=place, confidence=CONCLUDED, detail="concluded from the words quoted")


def _rows(field: Field, rows: Sequence[Mapping[str, Any]], quotable: Quotable) -> Iterable[_Claim]:
    """One claim for the rows of one answer: proved only if every row is."""
    if not rows:
        return
    places = [quotable.find(str(row["quote"])) for row in rows]
    bare = [{name: value for name, value in row.items() if name != "quote"} for row in rows]
    value = coerce(bare if field.items else [row["value"] for row in bare], field)
    made = value if isinstance(value, Sequence) else ()
    unproved = sum(
        place is None or not says(place.text, row, field) for place, row in zip(places, made, strict=True)
    )
    if unproved:
        detail = f"{unproved} of {len(rows)} rows do not stand in the document as quoted"
        yield _Claim(value=value, place=None, confidence=UNFOUND, detail=detail)
        return
    yield _Claim(value=value, place=places[0], confidence=ROWS, detail=f"{len(rows)} rows quoted")


def _cell(field: Field, claims: Sequence[_Claim], *, is_suspect: bool) -> Cell:
    claim, hold = _merge(field, claims)
    detail = claim.detail
    if is_suspect and hold is None:
        hold, detail = HoldReason.REQUIRES_REVIEW, "the document speaks to the model that reads it"
    place = claim.place
    return Cell(
        field=field.name,
        value=claim.value,
        confidence=claim.confidence,
        phase="",
        status=CellStatus.HELD if hold else CellStatus.FILLED,
        hold_reason=hold,
        provenance=Provenance(
            method=METHOD,
            text=place.text if place else None,
            page=place.page if place else None,
            box=place.box if place else None,
            address=place.address if place else None,
            detail=detail or None,
        ),
    )


def _merge(field: Field, claims: Sequence[_Claim]) -> tuple[_Claim, HoldReason | None]:
    """One claim out of those of all parts of the document: rows are joined, proved ones win, two values are held."""
    proved = [claim for claim in claims if claim.place is not None]
    if not proved:
        return claims[0], HoldReason.NOT_IN_SOURCE
    if field.type is FieldType.ARRAY:
        rows = [row for claim in claims if isinstance(claim.value, Sequence) for row in claim.value]
        detail = f"{len(rows)} rows quoted"
        joined = _Claim(value=rows, place=proved[0].place, confidence=ROWS, detail=detail)
        return joined, None if len(proved) == len(claims) else HoldReason.NOT_IN_SOURCE
    best = max(proved, key=lambda claim: claim.confidence)
    if any(claim.value != best.value for claim in proved):
        return best, HoldReason.DISAGREEMENT
    return best, None


def _changed(cell: Cell, *, confidence: float, detail: str, hold: HoldReason | None = None) -> Cell:
    provenance = cell.provenance and replace(
        cell.provenance, detail="; ".join(filter(None, (cell.provenance.detail, detail)))
    )
    status = CellStatus.HELD if hold else cell.status
    return replace(
        cell,
        confidence=confidence,
        provenance=provenance,
        status=status,
        hold_reason=hold or cell.hold_reason,
    )
