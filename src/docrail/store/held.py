"""Which fields wait for a person: what nobody may be shown of a document."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from docrail.core.model import CellStatus
from docrail.store import tables


def held_fields(connection: Connection, run_id: str, document_ids: Iterable[str]) -> dict[str, set[str]]:
    """The fields held in this run, by document id; documents without any are left out."""
    wanted = sorted(set(document_ids))
    latest: dict[tuple[str, str], str] = {}
    for start in range(0, len(wanted), 500):
        latest |= _latest(connection, run_id, wanted[start : start + 500])
    held: dict[str, set[str]] = {}
    for (document_id, field), status in latest.items():
        if status == CellStatus.HELD.value:
            held.setdefault(document_id, set()).add(field)
    return held


def _latest(connection: Connection, run_id: str, document_ids: list[str]) -> dict[tuple[str, str], str]:
    document, cell = tables.run_documents.c, tables.cells.c
    query = (
        select(document.document_id, cell.field, cell.status)
        .join_from(tables.run_documents, tables.cells, cell.run_document_id == document.id)
        .where(document.run_id == run_id, document.document_id.in_(document_ids), document.held > 0)
        .order_by(cell.run_document_id, cell.seq)
    )
    return {(row.document_id, row.field): row.status for row in connection.execute(query)}
