"""What was used of the model: for each document and phase, and for the run."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from docrail.models.protocol import Usage
from docrail.store import tables
from docrail.store.given import upsert

_SUMS = ("calls", "failed", "input_tokens", "output_tokens", "cost")
RUN = ""


def add_usage(connection: Connection, run_id: str, document_id: str, phase: str, usage: Usage) -> None:
    """Count one more call, for the document and for the run."""
    table = tables.model_usage
    for owner in (RUN, document_id):
        given = {name: getattr(usage, name) for name in _SUMS}
        query = upsert(connection, table).values(run_id=run_id, document_id=owner, phase=phase, **given)
        query = query.on_conflict_do_update(
            index_elements=["run_id", "document_id", "phase"],
            set_={name: table.c[name] + given[name] for name in _SUMS},
        )
        connection.execute(query)


def read_run_usage(connection: Connection, run_id: str) -> dict[str, Usage]:
    """What a run used, by the id of the phase."""
    table = tables.model_usage.c
    query = select(tables.model_usage).where(table.run_id == run_id, table.document_id == RUN)
    return {row.phase: _usage(row) for row in connection.execute(query.order_by(table.phase))}


def read_document_usage(connection: Connection, run_id: str, document_ids: Sequence[str]) -> dict[str, Usage]:
    """What each of these documents used, over its phases; those that used nothing are left out."""
    table = tables.model_usage.c
    sums = [func.sum(table[name]).label(name) for name in _SUMS]
    query = (
        select(table.document_id, *sums)
        .where(table.run_id == run_id, table.document_id.in_(document_ids))
        .group_by(table.document_id)
    )
    return {row.document_id: _usage(row) for row in connection.execute(query)}


def _usage(row: Row[Any]) -> Usage:
    return Usage(
        calls=int(row.calls),
        failed=int(row.failed),
        input_tokens=int(row.input_tokens),
        output_tokens=int(row.output_tokens),
        cost=float(row.cost),
    )
