"""What a person can do with documents that are kept: look at them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docrail.bootstrap import Program
from docrail.core.errors import Conflict, InvalidInput
from docrail.store import documents
from docrail.store.documents import StoredDocument
from docrail.usecases.audit import note

_TOGETHER = 200


def get_document(program: Program, document_id: str) -> StoredDocument:
    """One document. Raises NotFound."""
    with program.database.reading() as connection:
        return documents.read_document(connection, document_id, workspace_id=program.workspace)


def list_documents(
    program: Program, *, limit: int = 20, after: str | None = None, batch_id: str | None = None
) -> tuple[list[StoredDocument], int]:
    """One page of documents, newest first, and how many there are."""
    with program.database.reading() as connection:
        return documents.list_documents(
            connection, workspace_id=program.workspace, limit=limit, before=after, batch_id=batch_id
        )


def document_ids(program: Program) -> Iterator[str]:
    """The id of every document, newest first, page by page."""
    after: str | None = None
    while page := list_documents(program, limit=_TOGETHER, after=after)[0]:
        yield from (document.id for document in page)
        after = page[-1].id


def content_path(program: Program, document_id: str) -> Path:
    """Where the bytes of a document stand. Raises NotFound."""
    return program.blobs.path(get_document(program, document_id).digest)


def delete_document(program: Program, document_id: str) -> None:
    """Remove a document and its bytes. Raises NotFound, and Conflict while a pipeline or a confirmed value is of it:
    what was delivered says on which page of which document it stands, and that must stay true.
    """
    with program.database.writing() as connection:
        document = documents.read_document(connection, document_id, workspace_id=program.workspace)
        runs, confirmed = documents.uses_of(connection, document_id)
        if runs:
            raise Conflict(f"pipelines ran this document, and their results point to it: {', '.join(runs)}")
        if confirmed:
            raise Conflict(
                "values of this document were confirmed, and what was learned from them points to it"
            )
        unused = documents.delete_document(connection, document, workspace_id=program.workspace)
        note(program, connection, "document.deleted", document.id, digest=document.digest)
    if unused:
        program.blobs.forget(document.digest)


def as_metadata(text: str) -> dict[str, Any]:
    """Metadata given as JSON text. Raises InvalidInput unless it is an object."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"`metadata` is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise InvalidInput("`metadata` must be a JSON object of field values")
    return content
