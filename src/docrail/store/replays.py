"""Hold cells of a document that had completed: cells, counters, queue and what must run again, at once."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert

from docrail.core.model import Cell
from docrail.core.rework import dependent_phases
from docrail.store import tables
from docrail.store.recompose import inputs_changed
from docrail.store.records import Known
from docrail.store.reworks import change_held, want_rework
from docrail.store.rows import cell_row, numbered
from docrail.store.runs import Run
from docrail.store.settle import Enqueue


def hold_cells(
    connection: Connection,
    run: Run,
    run_document_id: str,
    known: Known,
    cells: Sequence[Cell],
    *,
    phase: str,
    at: int,
    enqueue: Enqueue,
) -> None:
    """Add held versions to what is `known` of a document; for one who has the run. Without cells, nothing happens."""
    if not cells:
        return
    rows = numbered(
        [cell_row(cell) for cell in cells], run_document_id=run_document_id, first=len(known.cells)
    )
    connection.execute(insert(tables.cells), rows)
    change_held(connection, run.id, run_document_id, (*known.cells, *cells), at=at)
    again = dependent_phases(run.plan, phase)
    first = run.plan.document_phases.index(again[0]) if again else None
    want_rework(connection, run.workspace_id, run_document_id, first, enqueue=enqueue)
    inputs_changed(connection, run.id, enqueue=enqueue)
