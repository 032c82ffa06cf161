"""The review queue: what waits for people, one field with its evidence, decisions, claims, and the log."""

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from docrail.api.auth import Acting, ActingKey
from docrail.api.ids import PathId, Text
from docrail.api.pages import Page, PageQuery
from docrail.api.review_bodies import (
    PATH,
    BulkBody,
    ClaimBody,
    DecidedBody,
    DecisionBody,
    ReviewBody,
    SummaryBody,
    show_claim,
    show_decided,
    show_decision,
    show_outcomes,
    show_review,
    show_summary,
)
from docrail.api.review_item_body import ItemBody, show_item
from docrail.api.review_requests import (
    BulkRequest,
    ClaimRequest,
    ReleaseRequest,
    ResolveRequest,
    read_answer,
)
from docrail.bootstrap import Program
from docrail.core.model import HoldReason
from docrail.core.review import Action
from docrail.store.decisions import DecisionsWanted
from docrail.store.reviews import Wanted
from docrail.usecases import decide, reviews
from docrail.usecases.decision_table import write_decisions

router = APIRouter(prefix=PATH, tags=["field reviews"])
DECIDING = "write"
"""Whoever may decide sees held values; nobody else does."""


def _wanted(
    pipeline_id: Text | None = None,
    schema_id: Text | None = None,
    field: Text | None = None,
    gate: Text | None = None,
    reason: HoldReason | None = None,
) -> Wanted:
    return Wanted(run_id=pipeline_id, spec_id=schema_id, field=field, gate=gate, reason=reason)


Which = Annotated[Wanted, Depends(_wanted)]


def _decisions_wanted(
    pipeline_id: Text | None = None,
    pipeline_document_id: Text | None = None,
    field: Text | None = None,
    action: Action | None = None,
    reviewer: Text | None = None,
) -> DecisionsWanted:
    return DecisionsWanted(
        run_id=pipeline_id,
        run_document_id=pipeline_document_id,
        field=field,
        action=action.value if action else None,
        reviewer=reviewer,
    )


@router.get("")
def list_reviews(
    program: Acting,
    key: ActingKey,
    wanted: PageQuery,
    which: Which,
    available: Annotated[bool, Query(description="only what you may claim now")] = False,
) -> Page[ReviewBody]:
    """The fields that wait for a person, oldest first; never their values."""
    rows, total = reviews.list_reviews(
        program,
        which,
        limit=wanted.fetch,
        after=wanted.after,
        free_for=key.name if available else None,
    )
    return wanted.page(rows, total=total, show=show_review, key=lambda row: row.id)


@router.get("/summary")
def summarise_reviews(program: Acting, which: Which) -> SummaryBody:
    """How many fields wait, by pipeline, schema, field, reason and gate."""
    return show_summary(reviews.summarise_reviews(program, which))


@router.get("/decisions", response_model=Page[DecisionBody], responses={200: {"content": {"text/csv": {}}}})
def list_decisions(
    program: Acting,
    wanted: PageQuery,
    which: Annotated[DecisionsWanted, Depends(_decisions_wanted)],
    format: Annotated[  # noqa: A002 - the word of the exports
        Literal["json", "csv"] | None, Query(description="`csv`: all of it, oldest first")
    ] = None,
    accept: Annotated[str, Header()] = "",
) -> Page[DecisionBody] | Response:
    """The log of decisions, newest first; as CSV the whole of it, oldest first."""
    if format == "csv" or (format is None and accept.startswith("text/csv")):
        return _decisions_file(program, which)
    rows, total = reviews.list_decisions(program, which, limit=wanted.fetch, before=wanted.after)
    return wanted.page(rows, total=total, show=show_decision, key=lambda row: row.id)


def _decisions_file(program: Program, which: DecisionsWanted) -> FileResponse:
    folder = Path(tempfile.mkdtemp(prefix="docrail-export-"))
    forget = partial(shutil.rmtree, folder, ignore_errors=True)
    target = folder / "decisions.csv"
    try:
        write_decisions(program, target, which)
    except BaseException:
        forget()
        raise
    media_type = "text/csv; charset=utf-8"
    return FileResponse(
        target, media_type=media_type, filename="decisions.csv", background=BackgroundTask(forget)
    )


@router.post("/bulk-resolve")
def resolve_many(program: Acting, key: ActingKey, wanted: BulkRequest) -> BulkBody:
    """Up to 500 decisions, in order; what goes wrong with one stops none. Every one has its outcome."""
    answers = [read_answer(each, each.pipeline_document_id, each.field) for each in wanted.items]
    return show_outcomes(decide.resolve_many(program, answers, reviewer=key.name))


@router.post("/claims")
def claim_reviews(program: Acting, key: ActingKey, wanted: ClaimRequest) -> ClaimBody:
    """Take fields for some minutes, so that nobody else decides on them; again is longer."""
    items = wanted.items
    claimed = reviews.claim_reviews(
        program,
        key.name,
        items=None if items is None else [(each.pipeline_document_id, each.field) for each in items],
        wanted=Wanted(
            run_id=wanted.pipeline_id,
            spec_id=wanted.schema_id,
            field=wanted.field,
            gate=wanted.gate,
            reason=wanted.reason,
        ),
        limit=wanted.limit,
        minutes=wanted.minutes,
    )
    return show_claim(claimed)


@router.post("/claims/release")
def release_reviews(program: Acting, key: ActingKey, wanted: ReleaseRequest) -> dict[str, int]:
    """Give fields back before the claim ends."""
    items = [(each.pipeline_document_id, each.field) for each in wanted.items]
    return {"released": reviews.release_reviews(program, key.name, items)}


@router.get("/{pipeline_document_id}/{field:path}")
def get_review(program: Acting, key: ActingKey, pipeline_document_id: PathId, field: Text) -> ItemBody:
    """One field with its evidence: versions, verdicts, where it stands, other candidates with boxes, decisions.

    While it is held its values are shown to keys with scope `write` only: to those who may decide.
    """
    withheld = DECIDING not in key.scopes
    item = reviews.get_review(program, pipeline_document_id, field, withheld=withheld)
    return show_item(item, withheld=withheld)


@router.post("/{pipeline_document_id}/{field:path}/resolve")
def resolve(
    program: Acting, key: ActingKey, pipeline_document_id: PathId, field: Text, wanted: ResolveRequest
) -> DecidedBody:
    """Decide: `approve` keeps the value, `correct` replaces it, `override` forces it past the gate.

    `409` says who decided what already, or who has claimed the field.
    """
    answer = read_answer(wanted, pipeline_document_id, field)
    return show_decided(decide.resolve(program, answer, reviewer=key.name))
