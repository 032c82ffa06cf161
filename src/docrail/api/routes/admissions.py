"""The ledger of admissions: what became of every file ever given."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from docrail.api.auth import Acting
from docrail.api.ids import Text
from docrail.api.pages import Page, PageQuery
from docrail.store.admissions import Entry
from docrail.usecases.intake import list_admissions
from docrail.usecases.times import iso_time

router = APIRouter(prefix="/v1/documents", tags=["documents"])


class EntryBody(BaseModel):
    """What became of one file: `document_id` is the document it is (also of a duplicate), `parent_id` what it was in,
    `code` and `reason` why it was refused."""

    id: str
    filename: str
    status: Literal["accepted", "duplicate", "refused"]
    document_id: str | None
    parent_id: str | None
    code: str | None
    reason: str | None
    digest: str | None
    size_bytes: int | None
    batch_id: str | None
    created_at: str


@router.get("/admissions")
def get_admissions(
    program: Acting,
    wanted: PageQuery,
    batch_id: Text | None = None,
    status: Annotated[Literal["accepted", "duplicate", "refused"] | None, Query()] = None,
) -> Page[EntryBody]:
    """Every file that was given and what became of it, newest first."""
    rows, total = list_admissions(
        program, limit=wanted.fetch, after=wanted.after, batch_id=batch_id, status=status
    )
    return wanted.page(rows, total=total, show=_body, key=lambda row: row.id)


def _body(entry: Entry) -> EntryBody:
    return EntryBody.model_validate(
        {
            "id": entry.id,
            "filename": entry.filename,
            "status": entry.status,
            "document_id": entry.document_id,
            "parent_id": entry.parent_id,
            "code": entry.code,
            "reason": entry.reason,
            "digest": entry.digest,
            "size_bytes": entry.size_bytes,
            "batch_id": entry.batch_id,
            "created_at": iso_time(entry.created_at),
        }
    )
