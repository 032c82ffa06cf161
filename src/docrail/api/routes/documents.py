"""Documents: give files, look at them."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from docrail.api.asked import Asked
from docrail.api.auth import Acting
from docrail.api.ids import PathId, Text
from docrail.api.pages import Page, PageQuery
from docrail.api.upload import UPLOAD_BODY, Upload, read_upload
from docrail.bootstrap import Program
from docrail.core.errors import Conflict, NotFound
from docrail.store.documents import StoredDocument
from docrail.usecases import documents
from docrail.usecases.intake import Admission, add_arrived
from docrail.usecases.times import iso_time

router = APIRouter(prefix="/v1/documents", tags=["documents"])
AS_DOWNLOAD = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}


class DocumentBody(BaseModel):
    """A document as kept."""

    id: str
    filename: str
    digest: str
    media_type: str
    size_bytes: int
    metadata: dict[str, Any]
    batch_id: str | None
    parent_id: str | None
    created_at: str
    links: dict[str, str]


class AdmissionBody(BaseModel):
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
    links: dict[str, str]


class Admissions(BaseModel):
    """One entry for each file, in the order given; what was unpacked follows what it was in."""

    data: list[AdmissionBody]


class DeleteRequest(Asked):
    """Documents to remove."""

    document_ids: list[Text] = Field(min_length=1, max_length=500)


class DeletionBody(BaseModel):
    """What became of one: `deleted`, `not_found`, or `conflict` for `reason`."""

    document_id: str
    status: Literal["deleted", "not_found", "conflict"]
    reason: str | None = None


class Deletions(BaseModel):
    """One entry for each document."""

    data: list[DeletionBody]


@router.post("", status_code=201, openapi_extra={"requestBody": UPLOAD_BODY})
def add_documents(program: Acting, upload: Annotated[Upload, Depends(read_upload)]) -> Admissions:
    """Give one file or many; the same bytes are the same document. What is in archives and mails follows them."""
    files = [replace(file, metadata=upload.metadata) for file in upload.files]
    return Admissions(
        data=[show_admission(each) for each in add_arrived(program, files, batch_id=upload.batch_id)]
    )


@router.get("")
def list_documents(program: Acting, wanted: PageQuery, batch_id: Text | None = None) -> Page[DocumentBody]:
    """Documents, newest first."""
    rows, total = documents.list_documents(program, limit=wanted.fetch, after=wanted.after, batch_id=batch_id)
    return wanted.page(rows, total=total, show=_document, key=lambda row: row.id)


@router.get("/{document_id}")
def get_document(program: Acting, document_id: PathId) -> DocumentBody:
    """One document."""
    return _document(documents.get_document(program, document_id))


@router.delete("/{document_id}", status_code=204)
def delete_document(program: Acting, document_id: PathId) -> None:
    """Remove a document and its bytes. `409` once a pipeline ran it: results point to where their values stand."""
    documents.delete_document(program, document_id)


@router.post("/bulk-delete")
def delete_documents(program: Acting, wanted: DeleteRequest) -> Deletions:
    """Remove up to 500 documents; what goes wrong with one stops none."""
    return Deletions(data=[_delete(program, each) for each in dict.fromkeys(wanted.document_ids)])


@router.get("/{document_id}/content", response_class=FileResponse)
def get_content(program: Acting, document_id: PathId) -> FileResponse:
    """The bytes as they were given."""
    document = documents.get_document(program, document_id)
    path = documents.content_path(program, document_id)
    return FileResponse(path, media_type=document.media_type, filename=document.filename, headers=AS_DOWNLOAD)


def _delete(program: Program, document_id: str) -> DeletionBody:
    try:
        documents.delete_document(program, document_id)
    except NotFound:
        return DeletionBody(document_id=document_id, status="not_found")
    except Conflict as error:
        return DeletionBody(document_id=document_id, status="conflict", reason=str(error))
    return DeletionBody(document_id=document_id, status="deleted")


def _document(document: StoredDocument) -> DocumentBody:
    return DocumentBody(
        id=document.id,
        filename=document.filename,
        digest=document.digest,
        media_type=document.media_type,
        size_bytes=document.size_bytes,
        metadata=dict(document.metadata),
        batch_id=document.batch_id,
        parent_id=document.parent_id,
        created_at=iso_time(document.created_at),
        links=_links(document.id),
    )


def show_admission(admission: Admission) -> AdmissionBody:
    """What became of one file."""
    document = admission.document
    return AdmissionBody(
        id=document.id if document else None,
        filename=admission.filename,
        digest=admission.digest,
        media_type=admission.media_type,
        size_bytes=admission.size_bytes,
        status=admission.status,
        duplicate_of=document.id if document and admission.status == "duplicate" else None,
        reason=admission.reason,
        parent_id=admission.parent_id,
        links=_links(document.id) if document else {},
    )


def _links(document_id: str) -> dict[str, str]:
    here = f"/v1/documents/{document_id}"
    return {"self": here} | {name: f"{here}/{name}" for name in ("content", "layout", "markdown")}
