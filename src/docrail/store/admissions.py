"""The ledger of admissions: a row for every file ever given, with what became of it. Rows are only added."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from docrail.store import tables
from docrail.store.given import listed
from docrail.store.ids import new_id

ARCHIVE = "application/zip"
"""The kind of document that is never run itself: what is in it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What became of one file: `accepted`, `duplicate` (of `document_id`) or `refused` (`code` and `reason`).

    `parent_id` is the document it was unpacked from; `digest` and `size_bytes` are unknown of a file that did not come
    whole. `created_at` in ms since 1970.
    """

    filename: str
    status: str
    code: str | None = None
    reason: str | None = None
    document_id: str | None = None
    parent_id: str | None = None
    digest: str | None = None
    size_bytes: int | None = None
    batch_id: str | None = None
    created_at: int
    id: str = ""


def add_entries(connection: Connection, entries: Iterable[Entry], *, workspace_id: str) -> None:
    """Write down what became of these files, in order."""
    columns = [field.name for field in fields(Entry)]
    rows = [
        {name: getattr(entry, name) for name in columns} | {"id": new_id(), "workspace_id": workspace_id}
        for entry in entries
    ]
    if rows:
        connection.execute(insert(tables.admissions), rows)


def list_entries(
    connection: Connection,
    *,
    workspace_id: str,
    limit: int,
    before: str | None = None,
    batch_id: str | None = None,
    status: str | None = None,
) -> tuple[list[Entry], int]:
    """One page of the ledger, newest first, and how many rows match."""
    table = tables.admissions
    query = select(table).where(table.c.workspace_id == workspace_id)
    if batch_id is not None:
        query = query.where(table.c.batch_id == batch_id)
    if status is not None:
        query = query.where(table.c.status == status)
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    if before is not None:
        query = query.where(table.c.id < before)
    rows = connection.execute(query.order_by(table.c.id.desc()).limit(limit))
    return [_entry(row) for row in rows], total


def replace_archives(connection: Connection, document_ids: Sequence[str], *, workspace_id: str) -> list[str]:
    """These documents, in the place of each archive all that was unpacked from it at any depth; each once."""
    archives = _archives(connection, document_ids, workspace_id=workspace_id)
    found: dict[str, None] = {}
    for each in document_ids:
        if each in archives:
            found.update(dict.fromkeys(_inside(connection, each, workspace_id=workspace_id)))
        else:
            found[each] = None
    return list(found)


def _inside(connection: Connection, archive: str, *, workspace_id: str) -> list[str]:
    """The documents unpacked from an archive and from whatever was in it, level by level, archives left out."""
    table = tables.admissions.c
    seen: dict[str, None] = {}
    level = [archive]
    while level:
        query = (
            select(table.document_id)
            .where(table.parent_id.in_(listed(connection, level)), table.workspace_id == workspace_id)
            .where(table.document_id.is_not(None))
            .order_by(table.id)
        )
        found = dict.fromkeys(connection.execute(query).scalars())
        level = [each for each in found if each not in seen]
        seen.update(dict.fromkeys(level))
    archives = _archives(connection, list(seen), workspace_id=workspace_id)
    return [each for each in seen if each not in archives]


def _archives(connection: Connection, document_ids: Sequence[str], *, workspace_id: str) -> set[str]:
    table = tables.documents.c
    wanted = table.id.in_(listed(connection, document_ids))
    query = select(table.id).where(table.workspace_id == workspace_id, table.media_type == ARCHIVE, wanted)
    return set(connection.execute(query).scalars())


def _entry(row: Row[Any]) -> Entry:
    values = dict(row._mapping)
    del values["workspace_id"]
    return Entry(**values)
