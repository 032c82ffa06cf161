"""What is asked of the review queue and what is shown of it."""

from typing import Any

from pydantic import BaseModel

from docrail.core.review import PAST, Action
from docrail.store.decisions import Decision
from docrail.store.reviews import HeldField
from docrail.usecases.decide import Decided, Outcome
from docrail.usecases.reviews import Claimed, Summary
from docrail.usecases.times import iso_time, maybe_time

PATH = "/v1/field-reviews"


class ReviewBody(BaseModel):
    """One field that waits for a person; never its value."""

    id: str
    pipeline_id: str
    pipeline_document_id: str
    document_id: str
    filename: str
    schema_id: str
    field: str
    reason: str
    gate: str | None
    phase: str
    confidence: float
    version: int
    held_at: str
    claimed_by: str | None
    claimed_until: str | None
    links: dict[str, str]


class SummaryBody(BaseModel):
    """How many fields wait, by everything one can ask for; documents whose phases could not run again."""

    total: int
    by_pipeline: dict[str, int]
    by_schema: dict[str, int]
    by_field: dict[str, int]
    by_reason: dict[str, int]
    by_gate: dict[str, int]
    failed_reruns: int


class DecisionBody(BaseModel):
    """One row of the log. `before` and `after` are null with `withheld`: the field is held again."""

    id: str
    at: str
    reviewer: str
    action: str
    status: str
    pipeline_id: str
    pipeline_document_id: str
    document_id: str
    filename: str
    schema_id: str
    field: str
    gate: str | None
    hold_reason: str
    before: Any
    after: Any
    withheld: bool
    reason: str | None
    supersedes: str | None
    version: int


class DecidedBody(BaseModel):
    """A decision that landed, and the phases that run again since."""

    decision_id: str
    pipeline_id: str
    pipeline_document_id: str
    field: str
    action: str
    status: str
    value: Any
    version: int
    held_fields: int
    runs_again: list[str]
    at: str


class OutcomeBody(BaseModel):
    """What became of one of many: `decided`, or `refused` with its code and message."""

    pipeline_document_id: str
    field: str
    status: str
    decision: DecidedBody | None = None
    code: str | None = None
    message: str | None = None


class BulkBody(BaseModel):
    """Every outcome, in the order asked, and how many of each there are."""

    decided: int
    refused: int
    data: list[OutcomeBody]


class RefusedClaim(BaseModel):
    """A field that could not be claimed."""

    pipeline_document_id: str
    field: str
    message: str


class ClaimBody(BaseModel):
    """What is yours now, until when, and what is not."""

    claimed: list[ReviewBody]
    until: str
    refused: list[RefusedClaim]


def show_review(row: HeldField) -> ReviewBody:
    """A row of the queue."""
    here = f"{PATH}/{row.run_document_id}/{row.field}"
    return ReviewBody(
        id=row.id,
        pipeline_id=row.pipeline_id,
        pipeline_document_id=row.run_document_id,
        document_id=row.document_id,
        filename=row.filename,
        schema_id=row.spec_id,
        field=row.field,
        reason=row.reason,
        gate=row.gate or None,
        phase=row.phase,
        confidence=row.confidence,
        version=row.version,
        held_at=iso_time(row.held_at),
        claimed_by=row.claimed_by,
        claimed_until=maybe_time(row.claimed_until),
        links={"self": here, "resolve": f"{here}/resolve", "document": f"/v1/documents/{row.document_id}"},
    )


def show_summary(summary: Summary) -> SummaryBody:
    """The summary; gates that are not known by name are left out of theirs."""
    return SummaryBody(
        total=summary.total,
        by_pipeline=dict(summary.by_pipeline),
        by_schema=dict(summary.by_spec),
        by_field=dict(summary.by_field),
        by_reason=dict(summary.by_reason),
        by_gate={gate: n for gate, n in summary.by_gate.items() if gate},
        failed_reruns=summary.failed_reworks,
    )


def show_decision(row: Decision) -> DecisionBody:
    """A row of the log."""
    return DecisionBody(
        id=row.id,
        at=iso_time(row.at),
        reviewer=row.reviewer,
        action=row.action,
        status=PAST[Action(row.action)],
        pipeline_id=row.pipeline_id,
        pipeline_document_id=row.run_document_id,
        document_id=row.document_id,
        filename=row.filename,
        schema_id=row.spec_id,
        field=row.field,
        gate=row.gate or None,
        hold_reason=row.hold_reason,
        before=row.before,
        after=row.after,
        withheld=row.withheld,
        reason=row.reason,
        supersedes=row.supersedes,
        version=row.version,
    )


def show_decided(decided: Decided) -> DecidedBody:
    """A decision that landed."""
    return DecidedBody(
        decision_id=decided.decision_id,
        pipeline_id=decided.pipeline_id,
        pipeline_document_id=decided.pipeline_document_id,
        field=decided.field,
        action=decided.action.value,
        status=decided.status,
        value=decided.value,
        version=decided.version,
        held_fields=decided.held_fields,
        runs_again=list(decided.runs_again),
        at=iso_time(decided.at),
    )


def show_outcomes(outcomes: list[Outcome]) -> BulkBody:
    """What became of each of many."""
    data = [
        OutcomeBody(
            pipeline_document_id=each.answer.pipeline_document_id,
            field=each.answer.field,
            status="decided" if each.decided else "refused",
            decision=show_decided(each.decided) if each.decided else None,
            code=each.code,
            message=each.message,
        )
        for each in outcomes
    ]
    decided = sum(each.decided is not None for each in outcomes)
    return BulkBody(decided=decided, refused=len(outcomes) - decided, data=data)


def show_claim(claimed: Claimed) -> ClaimBody:
    """What is claimed now."""
    return ClaimBody(
        claimed=[show_review(each) for each in claimed.fields],
        until=iso_time(claimed.until),
        refused=[
            RefusedClaim(pipeline_document_id=id_, field=field, message=message)
            for id_, field, message in claimed.refused
        ],
    )
