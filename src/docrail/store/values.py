"""The values of a run's table and nothing else of its cells: what an export reads a hundred thousand times."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec
from sqlalchemy import Connection, case, select

from docrail.core.model import CellStatus, Document, Value
from docrail.core.state import State
from docrail.store import tables
from docrail.store.records import completed_documents
from docrail.store.thresholds import NONE, Thresholds, left_out

DOCUMENTS_A_PAGE = 1000
Values: TypeAlias = Mapping[str, Value]


def every_values(
    connection: Connection, run_id: str, thresholds: Thresholds = NONE
) -> Iterator[tuple[Document, State, Values]]:
    """Every completed or partial document of a run, in its order, with the latest value of each of its fields.

    A held value is None: it does not leave the database. So is what the thresholds leave out.
    """
    after = ""
    while page := completed_documents(connection, run_id, after=after, limit=DOCUMENTS_A_PAGE):
        values = _latest(connection, [row[0] for row in page])
        for run_document_id, names in left_out(connection, [row[0] for row in page], thresholds).items():
            values[run_document_id] |= dict.fromkeys(names)
        for run_document_id, document, state in page:
            yield document, state, values.get(run_document_id, {})
        after = page[-1][0]


def _latest(connection: Connection, run_document_ids: list[str]) -> dict[str, dict[str, Value]]:
    cell = tables.cells.c
    shown = case((cell.status == CellStatus.HELD.value, "null"), else_=cell.value)
    query = (
        select(cell.run_document_id, cell.field, shown)
        .where(cell.run_document_id.in_(run_document_ids))
        .order_by(cell.run_document_id, cell.seq)
    )
    decode = msgspec.json.Decoder().decode
    values: dict[str, dict[str, Value]] = {}
    for run_document_id, field, value in connection.execute(query):
        values.setdefault(run_document_id, {})[field] = decode(value)
    return values
