"""Results: records and cells, never what is held."""

from typing import Any

from docrail.client.values.value import Json, Value


class Held(Value, frozen=True, kw_only=True):
    """A field that waits for a person, and why."""

    field: str
    reason: str


class Cell(Value, frozen=True, kw_only=True):
    """The latest version of a cell; `provenance` says where the value stands, if it was asked for."""

    value: Any
    confidence: float
    status: str
    phase: str
    provenance: Json | None = None


class Result(Value, frozen=True, kw_only=True):
    """One document's record: None where nothing was found or the field is held."""

    id: str
    document_id: str
    filename: str
    digest: str
    status: str
    record: Json
    held_fields: tuple[Held, ...]
    cells: dict[str, Cell | None] | None = None


class Extracted(Result, frozen=True, kw_only=True):
    """The record of a document that was given by itself."""

    pipeline_id: str


class NotReady(Value, frozen=True, kw_only=True):
    """The record is not ready: it will be at `poll_url`."""

    status: str
    pipeline_id: str
    poll_url: str


class DocumentRef(Value, frozen=True, kw_only=True):
    """A document behind a row."""

    document_id: str
    filename: str


class TableRow(Value, frozen=True, kw_only=True):
    """One row of a table: a document or, with `group`, a composed record; `statuses` by field."""

    status: str
    documents: tuple[DocumentRef, ...]
    record: Json
    statuses: dict[str, str]
    group: str | None = None
    conflicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
