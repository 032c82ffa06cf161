"""What is asked of the review queue: decisions, one or many, and claims."""

from typing import Any

from pydantic import AliasChoices, Field

from docrail.api.asked import Asked
from docrail.api.ids import Text
from docrail.usecases.decide import UNSAID, Answer

_PIPELINE_DOCUMENT = AliasChoices("pipeline_document_id", "pipelineDocumentId")
Reason = Text


class ResolveRequest(Asked):
    """What is said of a field: `correct` needs a `value` (null: the document has none), `override` a `reason`.

    `version` is the one that was looked at: if it is no longer the newest, nothing is decided. `supersedes` is the id
    of the decision that this one takes the place of.
    """

    action: Text
    value: Any = None
    reason: Reason | None = None
    version: int | None = None
    supersedes: Text | None = None


class BulkItem(ResolveRequest):
    """One of many decisions, with the field that it is about."""

    pipeline_document_id: Text = Field(validation_alias=_PIPELINE_DOCUMENT)
    field: Text


class BulkRequest(Asked):
    """Up to 500 decisions, made in order."""

    items: list[BulkItem] = Field(min_length=1, max_length=500)


class FieldRef(Asked):
    """One field of one pipeline document."""

    pipeline_document_id: Text = Field(validation_alias=_PIPELINE_DOCUMENT)
    field: Text


class ClaimRequest(Asked):
    """The fields to take for some `minutes`: these `items`, or the first `limit` free ones that match."""

    items: list[FieldRef] | None = Field(default=None, max_length=500)
    limit: int = Field(default=1, ge=1, le=500)
    minutes: float = Field(default=10, gt=0, le=240, allow_inf_nan=False)
    pipeline_id: Text | None = None
    schema_id: Text | None = None
    field: Text | None = None
    gate: Text | None = None
    reason: Text | None = None


class ReleaseRequest(Asked):
    """The fields to give back."""

    items: list[FieldRef] = Field(min_length=1, max_length=500)


def read_answer(wanted: ResolveRequest, pipeline_document_id: str, field: str) -> Answer:
    """The answer that a body stands for; a value that was not sent was not said."""
    return Answer(
        pipeline_document_id=pipeline_document_id,
        field=field,
        action=wanted.action,
        value=wanted.value if "value" in wanted.model_fields_set else UNSAID,
        reason=wanted.reason,
        version=wanted.version,
        supersedes=wanted.supersedes,
    )
