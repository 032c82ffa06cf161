"""Documents: a file by the digest of its bytes, once in a workspace."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, select, update

from docrail.core.errors import NotFound
from docrail.core.model import Value
from docrail.store import tables
from docrail.store.given import listed
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A file to make a document of; `parent` is the place, among those given with it, of what it was unpacked from."""

    digest: str
    filename: str
    media_type: str
    size_bytes: int
    metadata: Mapping[str, Value]
    parent: int | None = None


def add_document(
    connection: Connection, *, workspace_id: str, batch_id: str | None = None, at: int, **file: Any
) -> tuple[StoredDocument, bool]:
    """One document, as `add_documents` does it; `file` is what a NewDocument is made of."""
    return add_documents(
        connection, [NewDocument(**file)], workspace_id=workspace_id, batch_id=batch_id, at=at
    )[0]


def add_documents(
    connection: Connection,
    files: Sequence[NewDocument],
    *,
    workspace_id: str,
    batch_id: str | None = None,
    at: int,
) -> list[tuple[StoredDocument, bool]]:
    """The documents of these bytes, in order, and whether each is new; new metadata for known bytes is added to what is
    known. A batch has every document given in it, those known before too."""
    _take_turns(connection, workspace_id)
    known = _find(connection, workspace_id, {file.digest for file in files})
    documents: list[tuple[StoredDocument, bool]] = []
    new: list[StoredDocument] = []
    for file in files:
        document = known.get(file.digest)
        documents.append((document or _made(file, documents, batch_id=batch_id, at=at), document is None))
        if document is None:
            new.append(documents[-1][0])
            known[file.digest] = new[-1]
        elif file.metadata:
            known[file.digest] = _learn(connection, document, file.metadata)
    if new:
        rows = [_row(each) | {"workspace_id": workspace_id} for each in new]
        connection.execute(insert(tables.documents), rows)
    _learn_later(connection, new, known)
    if batch_id is not None:
        _add_to_batch(connection, batch_id, [document.id for document, _ in documents])
    return documents


def _take_turns(connection: Connection, workspace_id: str) -> None:
    """Who adds documents to one workspace does so one after another: the same bytes may come twice at once."""
    table = tables.workspaces.c
    query = select(table.id).where(table.id == workspace_id)
    connection.execute(query.with_for_update(key_share=True))


def _made(
    file: NewDocument, before: Sequence[tuple[StoredDocument, bool]], *, batch_id: str | None, at: int
) -> StoredDocument:
    return StoredDocument(
        id=new_id(),
        digest=file.digest,
        filename=file.filename,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        metadata=file.metadata,
        batch_id=batch_id,
        parent_id=None if file.parent is None else before[file.parent][0].id,
        created_at=at,
    )


def _learn(connection: Connection, document: StoredDocument, metadata: Mapping[str, Value]) -> StoredDocument:
    """The document with more metadata; one that is not stored yet matches no row and is written with it later."""
    merged = {**document.metadata, **metadata}
    if merged == dict(document.metadata):
        return document
    table = tables.documents
    connection.execute(update(table).where(table.c.id == document.id).values(metadata=to_json(merged)))
    return replace(document, metadata=merged)


def _learn_later(
    connection: Connection, new: Sequence[StoredDocument], known: Mapping[str, StoredDocument]
) -> None:
    """The same bytes twice in one go, with other metadata the second time."""
    for document in new:
        _learn(connection, document, known[document.digest].metadata)


def _add_to_batch(connection: Connection, batch_id: str, document_ids: Sequence[str]) -> None:
    table = tables.batch_documents
    wanted = dict.fromkeys(document_ids)
    ours = table.c.document_id.in_(listed(connection, wanted))
    for there in connection.execute(
        select(table.c.document_id).where(table.c.batch_id == batch_id, ours)
    ).scalars():
        del wanted[there]
    if wanted:
        connection.execute(insert(table), [{"batch_id": batch_id, "document_id": each} for each in wanted])


def _in_batch(batch_id: str) -> ColumnElement[bool]:
    table = tables.batch_documents.c
    return tables.documents.c.id.in_(select(table.document_id).where(table.batch_id == batch_id))


def _find(connection: Connection, workspace_id: str, digests: Iterable[str]) -> dict[str, StoredDocument]:
    """The documents of a workspace that have these bytes, by digest."""
    table = tables.documents
    wanted = table.c.digest.in_(listed(connection, digests))
    query = select(table).where(table.c.workspace_id == workspace_id, wanted)
    return {row["digest"]: _document(row) for row in connection.execute(query).mappings()}


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
    query = select(table.id).where(
        table.workspace_id == workspace_id, table.id.in_(listed(connection, document_ids))
    )
    return set(connection.execute(query).scalars())


def batch_documents(connection: Connection, batch_id: str, *, workspace_id: str) -> list[str]:
    """The ids of a batch's documents, oldest first."""
    table = tables.documents.c
    query = select(table.id).where(table.workspace_id == workspace_id, _in_batch(batch_id))
    return list(connection.execute(query.order_by(table.id)).scalars())


def uses_of(connection: Connection, document_id: str, *, limit: int = 10) -> tuple[list[str], bool]:
    """The ids of runs that a document is in (the first few), and whether people confirmed values of it."""
    runs, confirmed = tables.run_documents.c, tables.confirmations.c
    found = select(runs.run_id).where(runs.document_id == document_id).order_by(runs.run_id).limit(limit)
    values = select(confirmed.id).where(confirmed.document_id == document_id).limit(1)
    return list(connection.execute(found).scalars()), connection.execute(values).first() is not None


def delete_document(connection: Connection, document: StoredDocument, *, workspace_id: str) -> bool:
    """Remove a document that nothing uses; whether nobody needs its bytes any more, in any workspace."""
    _take_turns(connection, workspace_id)
    batches, table = tables.batch_documents, tables.documents
    connection.execute(delete(batches).where(batches.c.document_id == document.id))
    connection.execute(delete(table).where(table.c.id == document.id))
    same = select(table.c.id).where(table.c.digest == document.digest).limit(1)
    return connection.execute(same).first() is None


def read_filenames(connection: Connection, document_ids: Iterable[str]) -> dict[str, str]:
    """The file names of these documents."""
    table = tables.documents.c
    query = select(table.id, table.filename).where(table.id.in_(list(document_ids)))
    return {row.id: row.filename for row in connection.execute(query)}


def _row(document: StoredDocument) -> dict[str, Any]:
    columns = {field.name: getattr(document, field.name) for field in fields(document)}
    return columns | {"metadata": to_json(document.metadata)}


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
