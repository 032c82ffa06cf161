"""What is shown of one field with its evidence."""

from typing import Any

import msgspec
from pydantic import BaseModel

from docrail.api.review_bodies import PATH, DecisionBody, ReviewBody, show_decision, show_review
from docrail.core.model import Cell, Verdict
from docrail.usecases.reviews import Item


class VersionBody(BaseModel):
    """One version of the cell."""

    version: int
    value: Any
    confidence: float
    status: str
    phase: str
    reason: str | None
    provenance: dict[str, Any] | None


class VerdictBody(BaseModel):
    """What one check said of the field."""

    gate: str
    check: str
    passed: bool
    severity: str
    phase: str
    reason: str | None
    message: str


class CandidateBody(BaseModel):
    """A place of the document that may be the value; `box` in points from the top left of the page."""

    value: Any
    text: str
    page: int
    box: dict[str, float] | None
    address: str | None
    score: float
    because: str


class ItemBody(BaseModel):
    """One field with its evidence. `withheld`: your key may not decide, so that it sees no value of a held field."""

    pipeline_id: str
    pipeline_document_id: str
    document_id: str
    filename: str
    field: str
    type: str
    format: str | None
    required: bool
    enum: list[Any]
    description: str | None
    withheld: bool
    review: ReviewBody | None
    value: Any
    version: int
    versions: list[VersionBody]
    span: dict[str, Any] | None
    verdicts: list[VerdictBody]
    candidates: list[CandidateBody]
    decisions: list[DecisionBody]
    record: dict[str, Any]
    runs_again: bool
    rerun_failure: dict[str, Any] | None
    links: dict[str, str]


def show_item(item: Item, *, withheld: bool) -> ItemBody:
    """A field with its evidence."""
    field, (version, cell) = item.field, item.versions[-1]
    here = f"{PATH}/{item.pipeline_document_id}/{field.name}"
    return ItemBody(
        pipeline_id=item.pipeline_id,
        pipeline_document_id=item.pipeline_document_id,
        document_id=item.document_id,
        filename=item.filename,
        field=field.name,
        type=field.type.value,
        format=field.format,
        required=field.required,
        enum=list(field.enum),
        description=field.description,
        withheld=withheld and item.held is not None,
        review=show_review(item.held) if item.held else None,
        value=cell.value,
        version=version,
        versions=[_version(number, each) for number, each in item.versions],
        span=_provenance(cell),
        verdicts=[_verdict(each) for each in item.verdicts],
        candidates=[CandidateBody(**msgspec.to_builtins(each)) for each in item.suggestions],
        decisions=[show_decision(each) for each in item.decisions],
        record=dict(item.record),
        runs_again=item.runs_again,
        rerun_failure=dict(item.rework_failure) if item.rework_failure else None,
        links={
            "self": here,
            "resolve": f"{here}/resolve",
            "content": f"/v1/documents/{item.document_id}/content",
        },
    )


def _version(number: int, cell: Cell) -> VersionBody:
    return VersionBody(
        version=number,
        value=cell.value,
        confidence=cell.confidence,
        status=cell.status.value,
        phase=cell.phase,
        reason=cell.hold_reason.value if cell.hold_reason else None,
        provenance=_provenance(cell),
    )


def _provenance(cell: Cell) -> dict[str, Any] | None:
    return msgspec.to_builtins(cell.provenance) if cell.provenance else None


def _verdict(verdict: Verdict) -> VerdictBody:
    return VerdictBody(
        gate=verdict.gate,
        check=verdict.check,
        passed=verdict.passed,
        severity=verdict.severity.value,
        phase=verdict.phase,
        reason=verdict.reason.value if verdict.reason else None,
        message=verdict.message,
    )
