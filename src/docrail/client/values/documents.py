"""Documents, and what became of the files that were given."""

from docrail.client.values.value import Json, Links, Value


class Document(Value, frozen=True, kw_only=True):
    """A document as kept."""

    id: str
    filename: str
    digest: str
    media_type: str
    size_bytes: int
    metadata: Json
    batch_id: str | None
    parent_id: str | None
    created_at: str
    links: Links


class Admission(Value, frozen=True, kw_only=True):
    """What became of one file: `accepted`, `duplicate` (the document of the same bytes) or `refused` for `reason`."""

    id: str | None
    filename: str
    digest: str | None
    media_type: str | None
    size_bytes: int | None
    status: str
    duplicate_of: str | None
    reason: str | None
    parent_id: str | None
    links: Links


class AdmissionEntry(Value, frozen=True, kw_only=True):
    """A line of the ledger of every file ever given; `document_id` is the document it is, also of a duplicate."""

    id: str
    filename: str
    status: str
    document_id: str | None
    parent_id: str | None
    code: str | None
    reason: str | None
    digest: str | None
    size_bytes: int | None
    batch_id: str | None
    created_at: str


class Deletion(Value, frozen=True, kw_only=True):
    """What became of one document to remove: `deleted`, `not_found`, or `conflict` for `reason`."""

    document_id: str
    status: str
    reason: str | None = None
