"""Held fields that say the same: what may be decided at once."""

from sqlalchemy import Connection, and_, select

from docrail.store import tables
from docrail.store.reviews import HeldField, is_free

MOST = 499
"""With the one that was looked at, as many as may be decided at once."""


def list_equal(
    connection: Connection, held: HeldField, *, reviewer: str, now: int, limit: int = MOST
) -> list[tuple[str, int]]:
    """Other fields of the same run, name, gate and reason whose held value is the same, as (pipeline document id,
    version), oldest first; not what somebody else has claimed. The work grows with the fields of that kind."""
    table, cell, own = tables.held_fields.c, tables.cells, tables.cells.alias()
    theirs = and_(cell.c.run_document_id == table.run_document_id, cell.c.seq == table.version)
    ours = and_(own.c.run_document_id == held.run_document_id, own.c.seq == held.version)
    query = (
        select(table.run_document_id, table.version)
        .join(cell, theirs)
        .join(own, ours)
        .where(
            table.run_id == held.pipeline_id,
            table.field == held.field,
            table.gate == held.gate,
            table.reason == held.reason,
            table.run_document_id != held.run_document_id,
            cell.c.value == own.c.value,
            is_free(reviewer, now),
        )
        .order_by(table.id)
        .limit(limit)
    )
    return [(row.run_document_id, row.version) for row in connection.execute(query)]
