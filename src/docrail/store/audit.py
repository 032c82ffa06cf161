"""The audit trail: entries are added in the transaction of what they tell, and never change.

The chain of a workspace has one writer at a time: on PostgreSQL whoever adds an entry holds a lock until its
transaction ends. Call `record` last in a transaction, so that nobody who holds it waits for anything else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select
from structlog.contextvars import get_contextvars

from docrail.core.audit_chain import START, Entry, hash_entry
from docrail.core.model import Value
from docrail.store import tables
from docrail.store.rows import to_json

ENTRIES_A_PAGE = 1000
_LOCK = 0x6175646974


def record(
    connection: Connection,
    *,
    workspace_id: str,
    actor: str,
    action: str,
    subject: str,
    at: int,
    details: Mapping[str, Value] | None = None,
) -> Entry:
    """Add what `actor` did (`action`: `run.started`, `key.revoked`, …) to `subject`, an id; `at` in ms since 1970.

    `details` are small and hold no value of a cell; the id of the request that asked for it joins them.
    Call it last in a transaction.
    """
    _take_turn(connection, workspace_id)
    request = get_contextvars().get("request_id")
    table = tables.audit.c
    last = connection.execute(
        select(table.seq, table.hash)
        .where(table.workspace_id == workspace_id)
        .order_by(table.seq.desc())
        .limit(1)
    ).one_or_none()
    unsigned = Entry(
        workspace_id=workspace_id,
        seq=last.seq + 1 if last else 1,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        details=to_json(dict(details or {}) | ({"request_id": request} if request else {})),
        previous=last.hash if last else START,
    )
    entry = replace(unsigned, hash=hash_entry(unsigned))
    connection.execute(insert(tables.audit), {name: getattr(entry, name) for name in entry.__slots__})
    return entry


def _take_turn(connection: Connection, workspace_id: str) -> None:
    """On SQLite a writing transaction is alone anyway."""
    if connection.dialect.name != "sqlite":
        key = func.hashtextextended(workspace_id, _LOCK)
        connection.execute(select(func.pg_advisory_xact_lock(key)))


def list_entries(
    connection: Connection,
    workspace_id: str,
    *,
    limit: int,
    before: int | None = None,
    action: str | None = None,
    subject: str | None = None,
) -> tuple[list[Entry], int]:
    """One page, newest first, and how many match. `action` may be the first part of one: `run`."""
    table = tables.audit.c
    query = select(tables.audit).where(table.workspace_id == workspace_id)
    if action is not None:
        query = query.where((table.action == action) | table.action.startswith(f"{action}.", autoescape=True))
    if subject is not None:
        query = query.where(table.subject == subject)
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    if before is not None:
        query = query.where(table.seq < before)
    rows = connection.execute(query.order_by(table.seq.desc()).limit(limit))
    return [_entry(row) for row in rows], total


def every_entry(connection: Connection, workspace_id: str) -> Iterator[Entry]:
    """The whole chain, oldest first, a page at a time."""
    table, after = tables.audit.c, 0
    while True:
        query = select(tables.audit).where(table.workspace_id == workspace_id, table.seq > after)
        page = connection.execute(query.order_by(table.seq).limit(ENTRIES_A_PAGE)).all()
        if not page:
            return
        yield from map(_entry, page)
        after = page[-1].seq


def _entry(row: Row[Any]) -> Entry:
    return Entry(**row._mapping)
