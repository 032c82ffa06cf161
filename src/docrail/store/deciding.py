"""A decision becomes true: cell, log, counters, queue, confirmation and what must run again, in one transaction."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from docrail.core.errors import NotFound
from docrail.core.model import Cell, Value
from docrail.core.review import Action
from docrail.core.rework import dependent_phases
from docrail.core.state import State
from docrail.store import audit, tables
from docrail.store.confirmations import confirm
from docrail.store.decisions import Decision, add_decision, last_decision
from docrail.store.locks import own_run
from docrail.store.models import want_training
from docrail.store.recompose import inputs_changed
from docrail.store.records import Known, read_known
from docrail.store.reviews import HeldField, find_held
from docrail.store.reworks import change_held, want_rework
from docrail.store.rows import cell_row, numbered
from docrail.store.runs import Run, read_run
from docrail.store.settle import Enqueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One field of one pipeline document as it stands: what is held of it, and what was said last."""

    run: Run
    run_document_id: str
    document_id: str
    state: State
    field: str
    known: Known
    held: HeldField | None
    last: Decision | None

    @property
    def current(self) -> Cell | None:
        return {cell.field: cell for cell in self.known.cells}.get(self.field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said: the cell that it makes, and what else the log keeps of it."""

    action: Action
    cell: Cell
    before: Value
    reason: str | None
    reviewer: str


def read_case(
    connection: Connection, workspace_id: str, run_document_id: str, field: str, *, alone: bool = False
) -> Case:
    """The case; `alone`: keep every other change of the run away until the transaction ends. Raises NotFound."""
    run_id = _find_run(connection, workspace_id, run_document_id)
    if alone:
        own_run(connection, run_id)
    table = tables.run_documents.c
    row = connection.execute(select(table.document_id, table.state).where(table.id == run_document_id)).one()
    run = read_run(connection, run_id)
    if field not in {each.name for each in run.plan.fields}:
        raise NotFound(f"no field {field!r} in this pipeline")
    return Case(
        run=run,
        run_document_id=run_document_id,
        document_id=row.document_id,
        state=State(row.state),
        field=field,
        known=read_known(connection, [run_document_id])[run_document_id],
        held=find_held(connection, workspace_id, run_document_id, field),
        last=last_decision(connection, run_document_id, field),
    )


def _find_run(connection: Connection, workspace_id: str, run_document_id: str) -> str:
    table, runs = tables.run_documents.c, tables.runs.c
    query = (
        select(table.run_id)
        .join(tables.runs, runs.id == table.run_id)
        .where(table.id == run_document_id, runs.workspace_id == workspace_id)
    )
    run_id = connection.execute(query).scalar_one_or_none()
    if run_id is None:
        raise NotFound(f"no pipeline document {run_document_id!r}")
    return str(run_id)


def store_decision(connection: Connection, case: Case, said: Said, *, at: int, enqueue: Enqueue) -> str:
    """Write the decision on a case read `alone`; its id in the log."""
    version = len(case.known.cells)
    cells = (*case.known.cells, said.cell)
    row = numbered([cell_row(said.cell)], run_document_id=case.run_document_id, first=version)
    connection.execute(insert(tables.cells), row)
    id_ = _log(connection, case, said, version=version, at=at)
    change_held(connection, case.run.id, case.run_document_id, cells, at=at)
    if said.action is not Action.OVERRIDE:
        want_training(connection, case.run.spec_id, enqueue=enqueue)
        confirm(
            connection,
            workspace_id=case.run.workspace_id,
            spec_id=case.run.spec_id,
            document_id=case.document_id,
            values={case.field: said.cell.value},
            source="review",
            at=at,
        )
    want_rework(connection, case.run.workspace_id, case.run_document_id, _first_phase(case), enqueue=enqueue)
    inputs_changed(connection, case.run.id, enqueue=enqueue)
    audit.record(
        connection,
        workspace_id=case.run.workspace_id,
        actor=said.reviewer,
        action=f"decision.{said.action.value}",
        subject=id_,
        at=at,
        details={
            "run": case.run.id,
            "document": case.run_document_id,
            "field": case.field,
            "version": version,
        },
    )
    return id_


def _log(connection: Connection, case: Case, said: Said, *, version: int, at: int) -> str:
    why = case.held or case.last
    assert why is not None  # nobody decides on what was never held
    return add_decision(
        connection,
        workspace_id=case.run.workspace_id,
        run_id=case.run.id,
        run_document_id=case.run_document_id,
        field=case.field,
        gate=why.gate,
        phase=why.phase,
        hold_reason=why.reason if isinstance(why, HeldField) else why.hold_reason,
        action=said.action.value,
        before=said.before,
        after=said.cell.value,
        reason=said.reason,
        reviewer=said.reviewer,
        supersedes=None if case.held or case.last is None else case.last.id,
        version=version,
        at=at,
    )


def phase_of(case: Case) -> str:
    """The phase that held the field."""
    why = case.held or case.last
    return why.phase if why else ""


def _first_phase(case: Case) -> int | None:
    """The number of the first document phase that runs again; None if none does."""
    plan = case.run.plan
    again = dependent_phases(plan, phase_of(case))
    return plan.document_phases.index(again[0]) if again else None
