"""The review queue, its decisions and claims."""

from typing import Any

import msgspec

from docrail.client.values.value import Json, Links, Value


class Review(Value, frozen=True, kw_only=True):
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
    links: Links


class ReviewSummary(Value, frozen=True, kw_only=True):
    """How many fields wait, by everything one can ask for; documents whose phases could not run again."""

    total: int
    by_pipeline: dict[str, int]
    by_schema: dict[str, int]
    by_field: dict[str, int]
    by_reason: dict[str, int]
    by_gate: dict[str, int]
    failed_reruns: int


class Decision(Value, frozen=True, kw_only=True):
    """One row of the log; `before` and `after` are None with `withheld`: the field is held again."""

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


class Decided(Value, frozen=True, kw_only=True):
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
    runs_again: tuple[str, ...]
    at: str


class Outcome(Value, frozen=True, kw_only=True):
    """What became of one of many: `decided`, or `refused` with its code and message."""

    pipeline_document_id: str
    field: str
    status: str
    decision: Decided | None = None
    code: str | None = None
    message: str | None = None


class BulkOutcome(Value, frozen=True, kw_only=True):
    """Every outcome, in the order asked, and how many of each there are."""

    decided: int
    refused: int
    data: tuple[Outcome, ...]


class Resolution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said of a field: `approve`, `correct` with a `value` (None: the document has none), or `override` with
    a `reason`. With `version`, nothing is decided if it is no longer the newest."""

    pipeline_document_id: str
    field: str
    action: str
    value: Any = msgspec.UNSET
    reason: str | None = None
    version: int | None = None
    supersedes: str | None = None


class RefusedClaim(Value, frozen=True, kw_only=True):
    """A field that could not be claimed."""

    pipeline_document_id: str
    field: str
    message: str


class Claim(Value, frozen=True, kw_only=True):
    """What is yours now, until when, and what is not."""

    claimed: tuple[Review, ...]
    until: str
    refused: tuple[RefusedClaim, ...]


class CellVersion(Value, frozen=True, kw_only=True):
    """One version of the cell."""

    version: int
    value: Any
    confidence: float
    status: str
    phase: str
    reason: str | None
    provenance: Json | None


class Verdict(Value, frozen=True, kw_only=True):
    """What one check said of the field."""

    gate: str
    check: str
    passed: bool
    severity: str
    phase: str
    reason: str | None
    message: str


class Candidate(Value, frozen=True, kw_only=True):
    """A place of the document that may be the value; `box` in points from the top left of the page."""

    value: Any
    text: str
    page: int
    box: dict[str, float] | None
    address: str | None
    score: float
    because: str


class ReviewItem(Value, frozen=True, kw_only=True):
    """One field with its evidence; `withheld`: the key may not decide, so it sees no value of a held field."""

    pipeline_id: str
    pipeline_document_id: str
    document_id: str
    filename: str
    field: str
    type: str
    format: str | None
    required: bool
    enum: tuple[Any, ...]
    description: str | None
    withheld: bool
    review: Review | None
    value: Any
    version: int
    versions: tuple[CellVersion, ...]
    span: Json | None
    verdicts: tuple[Verdict, ...]
    candidates: tuple[Candidate, ...]
    decisions: tuple[Decision, ...]
    record: Json
    runs_again: bool
    rerun_failure: Json | None
    links: Links
