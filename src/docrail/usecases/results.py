"""The rows of a run as anybody may see them: a held value is nobody's until a person decided."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from docrail.bootstrap import Program
from docrail.core.model import Cell, CellStatus, Document, HoldReason, Provenance, Value, Verdict
from docrail.core.plan import Plan
from docrail.core.rework import latest_verdicts
from docrail.core.state import State
from docrail.store import assembly, runs
from docrail.store.counters import read_tally
from docrail.store.records import completed_documents, read_known
from docrail.store.runs import Run
from docrail.usecases.composed import ComposedRow, composed_page, is_composed


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A field that waits for a person, and why; never its value."""

    field: str
    reason: HoldReason
    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One completed or partial document: the latest cell of every field of the plan (None: nothing found)."""

    id: str
    document: Document
    status: State
    cells: Mapping[str, Cell | None]
    held: tuple[Held, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def record(self) -> dict[str, Value]:
        """The value of every field; None where there is none or it is held."""
        return {name: cell.value if cell else None for name, cell in self.cells.items()}


def list_results(
    program: Program, pipeline_id: str, *, limit: int = 20, after: str = "", status: str | None = None
) -> list[ResultRow]:
    """One page of rows in the run's order, also while it runs. Raises NotFound."""
    with program.database.reading() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        return _page(connection, pipeline_id, run.plan, after=after, limit=limit, states=_states(status))


def count_results(program: Program, pipeline_id: str, *, status: str | None = None) -> int:
    """How many rows a run has by now. Raises NotFound."""
    with program.database.reading() as connection:
        runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        tally = read_tally(connection, pipeline_id)
    return sum(n for position, n in tally.items() if position.state in _states(status))


def _states(status: str | None) -> tuple[State, ...]:
    return (State.COMPLETED, State.PARTIAL) if status is None else (State(status),)


def every_result(program: Program, pipeline_id: str) -> Iterator[ResultRow]:
    """Every row of a run in its order, read page by page from one consistent state. Raises NotFound."""
    with program.database.reading() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        for page in every_page(connection, run):
            yield from page


def every_page(connection: Connection, run: Run) -> Iterator[list[ResultRow]]:
    """Every row of a run in its order, 200 at a time."""
    after = ""
    while page := _page(connection, run.id, run.plan, after=after, limit=200):
        yield page
        after = page[-1].id


def list_composed(
    program: Program, pipeline_id: str, *, limit: int = 20, after: int = -1
) -> tuple[list[ComposedRow], int]:
    """One page of composed records after the one with seq `after`, and how many there are. Raises NotFound."""
    with program.database.reading() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        total = assembly.count_composed(connection, pipeline_id)
        return composed_page(connection, run, after=after, limit=limit), total


def count_table(program: Program, pipeline_id: str) -> int:
    """How many rows the data product of a run has: composed records once there are any. Raises NotFound."""
    with program.database.reading() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        if is_composed(connection, run):
            return assembly.count_composed(connection, pipeline_id)
    return count_results(program, pipeline_id)


def _page(
    connection: Connection,
    run_id: str,
    plan: Plan,
    *,
    after: str,
    limit: int,
    states: Sequence[State] = (State.COMPLETED, State.PARTIAL),
) -> list[ResultRow]:
    page = completed_documents(connection, run_id, after=after, limit=limit, states=states)
    known = read_known(connection, [row[0] for row in page])
    rows = []
    for run_document_id, document, state in page:
        facts = known[run_document_id]
        latest = {cell.field: cell for cell in facts.cells}
        rows.append(
            ResultRow(
                id=run_document_id,
                document=document,
                status=state,
                cells={field.name: visible(latest.get(field.name)) for field in plan.fields},
                held=tuple(
                    Held(
                        field=cell.field, reason=cell.hold_reason or HoldReason.FAILED_CHECK, phase=cell.phase
                    )
                    for cell in latest.values()
                    if cell.status is CellStatus.HELD
                ),
                verdicts=latest_verdicts(facts.verdicts),
            )
        )
    return rows


def visible(cell: Cell | None) -> Cell | None:
    """The cell as anybody may see it: a held one without its value and without what was found.

    >>> visible(Cell(field="total", value=1, confidence=0.4, phase="extraction", status=CellStatus.HELD)).value
    """
    if cell is None or cell.status is not CellStatus.HELD:
        return cell
    where = cell.provenance
    masked = Provenance(method=where.method, page=where.page) if where else None
    return replace(cell, value=None, provenance=masked)
