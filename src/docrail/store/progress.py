"""One consistent read of everything that progress shows; its cost does not grow with the documents."""

from sqlalchemy import Connection, func, select

from docrail.core.errors import NotFound
from docrail.core.plan_json import plan_from_json
from docrail.core.progress import Snapshot
from docrail.core.state import State
from docrail.store import tables
from docrail.store.counters import read_tally, recount
from docrail.store.errors import read_errors, read_groups
from docrail.store.settle import read_pipeline_phases


def read_revision(connection: Connection, run_id: str, *, workspace_id: str) -> int:
    """The revision alone: what a waiting client asks for. Raises NotFound."""
    table = tables.runs.c
    query = select(table.revision).where(table.id == run_id, table.workspace_id == workspace_id)
    revision = connection.execute(query).scalar_one_or_none()
    if revision is None:
        raise NotFound(f"no pipeline {run_id!r}")
    return int(revision) + _shards(connection, run_id)[0]


def read_progress(
    connection: Connection,
    run_id: str,
    *,
    workspace_id: str | None = None,
    errors_limit: int = 1000,
    errors_after: str | None = None,
) -> Snapshot:
    """The snapshot of a run, with one page of its errors. Raises NotFound, also for another workspace's."""
    table = tables.runs
    query = select(table).where(table.c.id == run_id)
    if workspace_id is not None:
        query = query.where(table.c.workspace_id == workspace_id)
    run = connection.execute(query).one_or_none()
    if run is None:
        raise NotFound(f"no pipeline {run_id!r}")
    revision, held, updated_at = _shards(connection, run_id)
    errors, cursor = read_errors(connection, run_id, limit=errors_limit, after=errors_after)
    return Snapshot(
        pipeline_id=run_id,
        plan=plan_from_json(run.plan.encode()),
        tally=read_tally(connection, run_id),
        pipeline_phases=read_pipeline_phases(connection, run_id),
        cancelled=run.cancelled,
        held_fields=held,
        generation=run.generation,
        revision=run.revision + revision,
        started_at=run.created_at,
        generation_at=run.generation_at,
        settled=run.settled,
        updated_at=max(run.updated_at, updated_at),
        finished_at=run.finished_at,
        errors=errors,
        next_cursor=cursor,
        groups=read_groups(connection, run_id),
    )


def _shards(connection: Connection, run_id: str) -> tuple[int, int, int]:
    """Revision, held fields and time of the last change, over all writers."""
    table = tables.shards.c
    query = select(func.sum(table.revision), func.sum(table.held), func.max(table.updated_at))
    revision, held, updated_at = connection.execute(query.where(table.run_id == run_id)).one()
    return int(revision or 0), int(held or 0), int(updated_at or 0)


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
    if held != _shards(connection, run_id)[1]:
        drift.append(f"held fields: counter {_shards(connection, run_id)[1]}, rows {held}")
    errors = tables.errors.c
    listed = connection.execute(
        select(func.count()).where(errors.run_id == run_id, errors.run_document_id.is_not(None))
    ).scalar_one()
    failed = sum(n for position, n in counted.items() if position.state is State.ERROR)
    if listed != failed:
        drift.append(f"errors: {listed} entries, {failed} documents")
    return drift
