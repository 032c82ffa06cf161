"""One consistent read of everything that progress shows; its cost does not grow with the documents."""

from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func, select

from docrail.core.errors import InvalidInput, NotFound, Problem
from docrail.core.plan import Plan
from docrail.core.plan_json import plan_from_json
from docrail.core.progress import PipelinePhaseStatus, Snapshot
from docrail.core.state import State
from docrail.store import tables
from docrail.store.counters import TALLY, read_tally, recount, tally_of
from docrail.store.errors import count_groups_then, read_errors, read_groups
from docrail.store.given import gathered
from docrail.store.held_queue import queue_drift
from docrail.store.history import read_then
from docrail.store.rows import from_json
from docrail.store.settle import PIPELINE_PHASES, statuses_of


def _over_shards(what: ColumnElement[Any]) -> ColumnElement[Any]:
    """A sum or the newest time over all writers of a run."""
    return select(func.coalesce(what, 0)).where(tables.shards.c.run_id == tables.runs.c.id).scalar_subquery()


_SHARDS = (
    _over_shards(func.sum(tables.shards.c.revision)).label("moves"),
    _over_shards(func.sum(tables.shards.c.held)).label("held"),
    _over_shards(func.max(tables.shards.c.updated_at)).label("moved_at"),
)
_REVISION: Select[Any] = select(tables.runs.c.workspace_id, tables.runs.c.revision, _SHARDS[0]).where(
    tables.runs.c.id == bindparam("run_id")
)


@cache
def _run(dialect: str) -> Select[Any]:
    """All that is counted of a run, in one row."""
    counted = (
        gathered(dialect, TALLY).label("tally"),
        gathered(dialect, PIPELINE_PHASES).label("pipeline_phases"),
    )
    return select(tables.runs, *_SHARDS, *counted).where(tables.runs.c.id == bindparam("run_id"))


def read_revision(connection: Connection, run_id: str, *, workspace_id: str) -> int:
    """The revision alone: what a waiting client asks for. Raises NotFound."""
    run = _find(connection, _REVISION, run_id, workspace_id)
    return int(run.revision) + int(run.moves)


def read_progress(
    connection: Connection,
    run_id: str,
    *,
    workspace_id: str | None = None,
    errors_limit: int = 1000,
    errors_after: str | None = None,
) -> Snapshot:
    """The snapshot of a run, with one page of its errors. Raises NotFound, also for another workspace's."""
    run = _find(connection, _run(connection.dialect.name), run_id, workspace_id)
    tally, phases = tally_of(from_json(run.tally)), statuses_of(from_json(run.pipeline_phases))
    errored = any(position.state is State.ERROR for position in tally)
    listed = errored or PipelinePhaseStatus.ERROR in phases.values()
    page = read_errors(connection, run_id, limit=errors_limit, after=errors_after) if listed else ((), None)
    return Snapshot(
        pipeline_id=run_id,
        plan=_plan(run.plan),
        tally=tally,
        pipeline_phases=phases,
        cancelled=run.cancelled,
        held_fields=int(run.held),
        generation=run.generation,
        revision=run.revision + int(run.moves),
        started_at=run.created_at,
        generation_at=run.generation_at,
        settled=run.settled,
        updated_at=max(run.updated_at, run.moved_at),
        finished_at=run.finished_at,
        errors=page[0],
        next_cursor=page[1],
        groups=read_groups(connection, run_id) if errored else (),
    )


def read_progress_then(
    connection: Connection,
    run_id: str,
    *,
    then: int,
    workspace_id: str | None = None,
    errors_limit: int = 1000,
    errors_after: str | None = None,
) -> Snapshot:
    """The snapshot as it was at `then` (ms since 1970), from the history.

    Raises NotFound, and InvalidInput if the run was not there yet.
    """
    run = _find(connection, _run(connection.dialect.name), run_id, workspace_id)
    state = read_then(connection, run_id, then=then)
    if not state.run:
        message = "the pipeline did not exist yet at this time"
        raise InvalidInput(message, (Problem(path="at", message=message),))
    errors, cursor = read_errors(connection, run_id, limit=errors_limit, after=errors_after, then=then)
    return Snapshot(
        pipeline_id=run_id,
        plan=_plan(run.plan),
        tally=state.tally,
        pipeline_phases=state.phases,
        cancelled=state.run["cancelled"],
        held_fields=state.held,
        generation=state.run["generation"],
        revision=state.revision,
        started_at=run.created_at,
        generation_at=state.run["generation_at"],
        settled=state.run["settled"],
        updated_at=state.updated_at,
        finished_at=state.run["finished_at"],
        errors=errors,
        next_cursor=cursor,
        groups=count_groups_then(connection, run_id, then=then),
    )


def _find(connection: Connection, query: Select[Any], run_id: str, workspace_id: str | None) -> Row[Any]:
    run = connection.execute(query, {"run_id": run_id}).one_or_none()
    if run is None or workspace_id not in (None, run.workspace_id):
        raise NotFound(f"no pipeline {run_id!r}")
    return run


@lru_cache(maxsize=64)
def _plan(text: str) -> Plan:
    """A frozen plan never changes."""
    return plan_from_json(text)


def audit(connection: Connection, run_id: str) -> list[str]:
    """What the counters say that the documents' own rows do not; empty when all is well."""
    counted, kept = recount(connection, run_id), read_tally(connection, run_id)
    drift = [
        f"{position.state} at phase {position.phase}: counter {kept.get(position, 0)}, rows {n}"
        for position in sorted({*counted, *kept})
        if (n := counted.get(position, 0)) != kept.get(position, 0)
    ]
    table = tables.run_documents.c
    held = connection.execute(select(func.sum(table.held)).where(table.run_id == run_id)).scalar_one() or 0
    kept_held = int(connection.execute(_run(connection.dialect.name), {"run_id": run_id}).one().held)
    if held != kept_held:
        drift.append(f"held fields: counter {kept_held}, rows {held}")
    drift += queue_drift(connection, run_id)
    errors = tables.errors.c
    listed = connection.execute(
        select(func.count()).where(
            errors.run_id == run_id, errors.run_document_id.is_not(None), errors.until.is_(None)
        )
    ).scalar_one()
    failed = sum(n for position, n in counted.items() if position.state is State.ERROR)
    if listed != failed:
        drift.append(f"errors: {listed} entries, {failed} documents")
    return drift
