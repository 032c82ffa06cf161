"""Records as stored: cells, verdicts and issues of pipeline documents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from docrail.core.model import Cell, Document, Issue, Layout, Record, Verdict
from docrail.core.state import State
from docrail.store import tables
from docrail.store.rows import cell_from_row, from_json, issue_from_json, verdict_from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the phases said of one document, every version in order."""

    cells: tuple[Cell, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    issues: tuple[Issue, ...] = ()


def read_known(connection: Connection, run_document_ids: Sequence[str]) -> dict[str, Known]:
    """What is known of each of these pipeline documents (at most some hundred at a time)."""
    cells: dict[str, list[Cell]] = {each: [] for each in run_document_ids}
    verdicts: dict[str, list[Verdict]] = {each: [] for each in run_document_ids}
    issues: dict[str, list[Issue]] = {each: [] for each in run_document_ids}
    for table in (tables.cells, tables.verdicts, tables.issues):
        query = (
            select(table)
            .where(table.c.run_document_id.in_(run_document_ids))
            .order_by(table.c.run_document_id, table.c.seq)
        )
        for row in connection.execute(query).mappings():
            if table is tables.cells:
                cells[row["run_document_id"]].append(cell_from_row(dict(row)))
            elif table is tables.verdicts:
                verdicts[row["run_document_id"]].append(verdict_from_json(row["body"]))
            else:
                issues[row["run_document_id"]].append(issue_from_json(row["body"]))
    return {
        each: Known(cells=tuple(cells[each]), verdicts=tuple(verdicts[each]), issues=tuple(issues[each]))
        for each in run_document_ids
    }


def completed_documents(
    connection: Connection,
    run_id: str,
    *,
    after: str = "",
    limit: int = 200,
    states: Sequence[State] = (State.COMPLETED, State.PARTIAL),
) -> list[tuple[str, Document, State]]:
    """The next completed or partial documents of a run, in its order, as (pipeline document id, document, state)."""
    table, document = tables.run_documents.c, tables.documents
    query = (
        select(table.id, table.state, *(column.label(f"d_{column.name}") for column in document.c))
        .join(document, document.c.id == table.document_id)
        .where(
            table.run_id == run_id,
            table.id > after,
            table.state.in_([state.value for state in states]),
        )
        .order_by(table.id)
        .limit(limit)
    )
    return [
        (
            row.id,
            Document(
                id=row.d_id,
                digest=row.d_digest,
                filename=row.d_filename,
                media_type=row.d_media_type,
                size_bytes=row.d_size_bytes,
                metadata=from_json(row.d_metadata),
            ),
            State(row.state),
        )
        for row in connection.execute(query)
    ]


def completed_records(connection: Connection, run_id: str) -> Iterable[Record]:
    """Every completed or partial record of a run, in its order, without the layouts."""
    after = ""
    while page := completed_documents(connection, run_id, after=after):
        known = read_known(connection, [row[0] for row in page])
        for run_document_id, document, _ in page:
            layout = Layout(media_type=document.media_type, pages=())
            facts = known[run_document_id]
            yield Record(
                document=document,
                layout=layout,
                cells=facts.cells,
                verdicts=facts.verdicts,
                issues=facts.issues,
            )
        after = page[-1][0]
