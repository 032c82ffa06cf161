"""`client.reviews`: what waits for people, decisions, claims, and the log."""

from collections.abc import Sequence
from typing import Any

import msgspec

from docrail.client.download import Target, download
from docrail.client.effects import Items, Steps
from docrail.client.resource import Link, ManyResults, OneResult, Resource
from docrail.client.route import Route, given, list_all
from docrail.client.values.pages import Page
from docrail.client.values.reviews import (
    BulkOutcome,
    Claim,
    Decided,
    Decision,
    Outcome,
    Resolution,
    Review,
    ReviewItem,
    ReviewSummary,
)

PATH = "/v1/field-reviews"
ONE = f"{PATH}/{{pipeline_document_id}}/{{field}}"
LIST = Route("GET", PATH, Page[Review])
SUMMARY = Route("GET", f"{PATH}/summary", ReviewSummary)
DECISIONS = Route("GET", f"{PATH}/decisions", Page[Decision])
GET = Route("GET", ONE, ReviewItem)
RESOLVE = Route("POST", f"{ONE}/resolve", Decided)
RESOLVE_MANY = Route("POST", f"{PATH}/bulk-resolve", BulkOutcome)
CLAIM = Route("POST", f"{PATH}/claims", Claim)
RELEASE = Route("POST", f"{PATH}/claims/release", dict[str, int])
RESOLVED_AT_ONCE = 500

Fields = Sequence[tuple[str, str]]
"""Fields, each as the id of its pipeline document and its name."""


class Reviews(Resource[Link]):
    """The review queue."""

    @ManyResults
    def list(
        self,
        *,
        pipeline_id: str | None = None,
        schema_id: str | None = None,
        field: str | None = None,
        gate: str | None = None,
        reason: str | None = None,
        available: bool | None = None,
    ) -> Items[Review]:
        """The fields that wait for a person, oldest first; with `available` only what you may claim now."""
        which = given(pipeline_id=pipeline_id, schema_id=schema_id, field=field, gate=gate, reason=reason)
        return list_all(LIST, available=available, **which)

    @OneResult
    def summary(
        self,
        *,
        pipeline_id: str | None = None,
        schema_id: str | None = None,
        field: str | None = None,
        gate: str | None = None,
        reason: str | None = None,
    ) -> Steps[ReviewSummary]:
        """How many fields wait, by pipeline, schema, field, reason and gate."""
        which = given(pipeline_id=pipeline_id, schema_id=schema_id, field=field, gate=gate, reason=reason)
        return SUMMARY.ask(params=which)

    @OneResult
    def get(self, pipeline_document_id: str, field: str) -> Steps[ReviewItem]:
        """One field with its evidence: versions, verdicts, where it stands, other candidates, decisions."""
        return GET.ask(pipeline_document_id, field)

    @OneResult
    def resolve(
        self,
        pipeline_document_id: str,
        field: str,
        action: str,
        *,
        value: Any = msgspec.UNSET,
        reason: str | None = None,
        version: int | None = None,
        supersedes: str | None = None,
    ) -> Steps[Decided]:
        """Decide: `approve` keeps the value, `correct` takes `value` (None: the document has none), `override` forces
        it past the gate for a `reason`. Raises Conflict if somebody else decided or claimed it."""
        said = given(reason=reason, version=version, supersedes=supersedes)
        body = {"action": action, **said} | ({} if value is msgspec.UNSET else {"value": value})
        return RESOLVE.ask(pipeline_document_id, field, json=body)

    @OneResult
    def bulk_resolve(self, items: Sequence[Resolution]) -> Steps[BulkOutcome]:
        """Many decisions, made in order; what goes wrong with one stops none. Every one has its outcome."""
        outcomes: tuple[Outcome, ...] = ()
        for first in range(0, len(items), RESOLVED_AT_ONCE):
            some = items[first : first + RESOLVED_AT_ONCE]
            answer = yield from RESOLVE_MANY.ask(json={"items": some})
            outcomes += answer.data
        decided = sum(each.decision is not None for each in outcomes)
        return BulkOutcome(decided=decided, refused=len(outcomes) - decided, data=outcomes)

    @OneResult
    def claim(
        self,
        fields: Fields | None = None,
        *,
        limit: int = 1,
        minutes: float = 10,
        pipeline_id: str | None = None,
        schema_id: str | None = None,
        field: str | None = None,
        gate: str | None = None,
        reason: str | None = None,
    ) -> Steps[Claim]:
        """Take these `fields`, or the first `limit` free ones that match, so that nobody else decides on them."""
        which = given(pipeline_id=pipeline_id, schema_id=schema_id, field=field, gate=gate, reason=reason)
        items = given(items=None if fields is None else _items(fields))
        return CLAIM.ask(json={"limit": limit, "minutes": minutes, **items, **which})

    @OneResult
    def release(self, fields: Fields) -> Steps[int]:
        """Give fields back before the claim ends; how many."""
        return (yield from RELEASE.ask(json={"items": _items(fields)}))["released"]

    @ManyResults
    def decisions(
        self,
        *,
        pipeline_id: str | None = None,
        pipeline_document_id: str | None = None,
        field: str | None = None,
        action: str | None = None,
        reviewer: str | None = None,
    ) -> Items[Decision]:
        """The log of decisions, newest first."""
        which = given(pipeline_id=pipeline_id, pipeline_document_id=pipeline_document_id, field=field)
        return list_all(DECISIONS, **which, action=action, reviewer=reviewer)

    @OneResult
    def export_decisions(self, target: Target, *, pipeline_id: str | None = None) -> Steps[int]:
        """Write the log as CSV, oldest first, to a path or an open file; how many bytes it has."""
        request = DECISIONS.request(params={"format": "csv", "pipeline_id": pipeline_id})
        return download(request, target)


def _items(fields: Fields) -> list[dict[str, str]]:
    return [{"pipeline_document_id": document, "field": field} for document, field in fields]
