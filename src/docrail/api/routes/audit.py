"""The audit trail."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from docrail.api.auth import Acting
from docrail.api.pages import Page, PageQuery
from docrail.core.audit_chain import Entry
from docrail.usecases.audit import list_audit, verify_audit
from docrail.usecases.cursors import cursor_number
from docrail.usecases.times import iso_time

router = APIRouter(prefix="/v1/audit", tags=["audit"])


class EntryBody(BaseModel):
    """One thing that was done; `hash` is over all the rest, `previous` the hash of the entry before."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    previous: str
    hash: str


class ChainBody(BaseModel):
    """Whether the trail is whole: `head` is the hash of the last entry."""

    whole: bool
    entries: int
    head: str
    problems: list[str]


@router.get("")
def list_entries(
    program: Acting,
    wanted: PageQuery,
    action: Annotated[str | None, Query(description="`run`, `key.revoked`, …")] = None,
    subject: Annotated[str | None, Query(description="the id of what was acted on")] = None,
) -> Page[EntryBody]:
    """What was done in this workspace, newest first."""
    before = cursor_number(wanted.after, default=0) or None
    rows, total = list_audit(program, limit=wanted.fetch, before=before, action=action, subject=subject)
    return wanted.page(rows, total=total, show=_entry, key=lambda row: row.seq)


@router.get("/verify")
def verify(
    program: Acting, head: Annotated[str | None, Query(description="a hash noted earlier")] = None
) -> ChainBody:
    """Check that no entry was changed or taken out."""
    chain = verify_audit(program, head=head)
    return ChainBody(
        whole=not chain.problems, entries=chain.entries, head=chain.head, problems=list(chain.problems)
    )


def _entry(entry: Entry) -> EntryBody:
    return EntryBody(
        seq=entry.seq,
        at=iso_time(entry.at),
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        details=json.loads(entry.details),
        previous=entry.previous,
        hash=entry.hash,
    )
