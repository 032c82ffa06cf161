"""Documents: a file by the digest of its bytes, once in a workspace."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select, update

from docrail.core.errors import NotFound
from docrail.core.model import Value
from docrail.store import tables
from docrail.store.ids import new_id
from docrail.store.rows import from_json, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A document as kept; `created_at` in ms since 1970."""

    id: str
    digest: str
    filename: str
    media_type: str
    size_bytes: int
    metadata: Mapping[str, Value]
    batch_id: str | None
    parent_id: str | None
    created_at: int


def add_document(
    connection: Connection,
    *,
    workspace_id: str,
    digest: str,
    filename: str,
    media_type: str,
    size_bytes: int,
    metadata: Mapping[str, Value],
    batch_id: str | None = None,
    parent_id: str | None = None,
    at: int,
) -> tuple[StoredDocument, bool]:
    """The document of these bytes and whether it is new; new metadata for known bytes is added to what is known.

    A batch has every document given in it, those known before too.
    """
    document = _find(connection, workspace_id, digest)
    is_new = document is None
    if document is None:
        row = {
            "id": new_id(),
            "workspace_id": workspace_id,
            "digest": digest,
            "filename": filename,
            "media_type": media_type,
            "size_bytes": size_bytes,
            "metadata": to_json(metadata),
            "batch_id": batch_id,
            "parent_id": parent_id,
            "created_at": at,
        }
        connection.execute(insert(tables.documents), row)
        document = _document(row)
    elif metadata and dict(document.metadata) != {**document.metadata, **metadata}:
        merged = to_json({**document.metadata, **metadata})
        table = tables.documents
        connection.execute(update(table).where(table.c.id == document.id).values(metadata=merged))
    if batch_id is not None:
        _add_to_batch(connection, batch_id, document.id)
    return document, is_new


def _add_to_batch(connection: Connection, batch_id: str, document_id: str) -> None:
    table = tables.batch_documents
    there = select(table.c.batch_id).where(table.c.batch_id == batch_id, table.c.document_id == document_id)
    if connection.execute(there).one_or_none() is None:
        connection.execute(insert(table), {"batch_id": batch_id, "document_id": document_id})


def _in_batch(batch_id: str) -> ColumnElement[bool]:
    table = tables.batch_documents.c
    return tables.documents.c.id.in_(select(table.document_id).where(table.batch_id == batch_id))


def _find(connection: Connection, workspace_id: str, digest: str) -> StoredDocument | None:
    table = tables.documents
    query = select(table).where(table.c.workspace_id == workspace_id, table.c.digest == digest)
    row = connection.execute(query).mappings().one_or_none()
    return _document(row) if row else None


def read_document(connection: Connection, document_id: str, *, workspace_id: str) -> StoredDocument:
    """One document. Raises NotFound, also for another workspace's."""
    table = tables.documents
    query = select(table).where(table.c.id == document_id, table.c.workspace_id == workspace_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"no document {document_id!r}")
    return _document(row)


def list_documents(
    connection: Connection,
    *,
    workspace_id: str,
    limit: int,
    before: str | None = None,
    batch_id: str | None = None,
) -> tuple[list[StoredDocument], int]:
    """One page of documents, newest first, and how many there are."""
    table = tables.documents
    query = select(table).where(table.c.workspace_id == workspace_id)
    if batch_id is not None:
        query = query.where(_in_batch(batch_id))
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    if before is not None:
        query = query.where(table.c.id < before)
    rows = connection.execute(query.order_by(table.c.id.desc()).limit(limit)).mappings()
    return [_document(row) for row in rows], total


def existing(connection: Connection, document_ids: Sequence[str], *, workspace_id: str) -> set[str]:
    """Which of these ids are documents of the workspace."""
    table = tables.documents.c
    found: set[str] = set()
    for start in range(0, len(document_ids), 500):
        some = document_ids[start : start + 500]
        query = select(table.id).where(table.workspace_id == workspace_id, table.id.in_(some))
        found.update(connection.execute(query).scalars())
    return found


def batch_documents(connection: Connection, batch_id: str, *, workspace_id: str) -> list[str]:
    """The ids of a batch's documents, oldest first."""
    table = tables.documents.c
    query = select(table.id).where(table.workspace_id == workspace_id, _in_batch(batch_id))
    return list(connection.execute(query.order_by(table.id)).scalars())


def read_filenames(connection: Connection, document_ids: Iterable[str]) -> dict[str, str]:
    """The file names of these documents."""
    table = tables.documents.c
    query = select(table.id, table.filename).where(table.id.in_(list(document_ids)))
    return {row.id: row.filename for row in connection.execute(query)}


def _document(row: Mapping[str, Any] | RowMapping) -> StoredDocument:
    return StoredDocument(
        id=row["id"],
        digest=row["digest"],
        filename=row["filename"],
        media_type=row["media_type"],
        size_bytes=row["size_bytes"],
        metadata=from_json(row["metadata"]),
        batch_id=row["batch_id"],
        parent_id=row["parent_id"],
        created_at=row["created_at"],
    )
