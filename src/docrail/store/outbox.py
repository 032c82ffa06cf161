"""Events are written in the transaction of what they tell, one row for each webhook that wants them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from docrail.core.state import Move, State
from docrail.store import tables
from docrail.store.ids import new_id
from docrail.store.rows import to_json

PENDING = "pending"


def tell_of_run(connection: Connection, run_id: str, event: str, data: Mapping[str, Any], *, at: int) -> None:
    """A run did something."""
    wanted = _wanted(connection, run_id)
    _add(connection, wanted, [(event, data)], run_id=run_id, at=at)


def tell_of_moves(connection: Connection, run_id: str, moves: Sequence[Move], *, at: int) -> None:
    """Documents of one run ended with these moves. Costs one look at the webhooks if nobody wants to know."""
    wanted = _wanted(connection, run_id) if moves else {}
    if not any(events & _OF_DOCUMENTS for events in wanted.values()):
        return
    told = [event for move in moves for event in _events(connection, move)]
    _add(connection, wanted, told, run_id=run_id, at=at)


def add_delivery(
    connection: Connection, webhook_id: str, event: str, data: Mapping[str, Any], *, at: int
) -> str:
    """One delivery; its id."""
    row = _row(webhook_id, event, data, at=at)
    connection.execute(insert(tables.deliveries), row)
    return str(row["id"])


_OF_DOCUMENTS = frozenset({"document.completed", "document.failed", "field.held"})


def _wanted(connection: Connection, run_id: str) -> dict[str, frozenset[str]]:
    """The active webhooks of a run's workspace and the events each wants."""
    table, runs = tables.webhooks.c, tables.runs.c
    workspace = select(runs.workspace_id).where(runs.id == run_id).scalar_subquery()
    query = select(table.id, table.events).where(table.workspace_id == workspace, table.active)
    return {row.id: frozenset(row.events.split()) for row in connection.execute(query)}


def _events(connection: Connection, move: Move) -> list[tuple[str, dict[str, Any]]]:
    table = tables.run_documents.c
    row = connection.execute(select(table.document_id, table.held).where(table.id == move.document)).one()
    data: dict[str, Any] = {"pipelineDocumentId": move.document, "documentId": row.document_id}
    match move.after.state:
        case State.ERROR:
            assert move.failure is not None
            failed = {"phase": move.phase_id, "code": move.failure.code, "attempts": move.attempts}
            return [("document.failed", data | failed)]
        case State.COMPLETED | State.PARTIAL:
            partial = move.after.state is State.PARTIAL
            ended = ("document.completed", data | {"status": move.after.state.value, "heldFields": row.held})
            held = _held(connection, move.document) if partial else []
            return [ended, *(("field.held", data | each) for each in held)]
        case _:
            return []


def _held(connection: Connection, run_document_id: str) -> list[dict[str, Any]]:
    """The fields that wait for a person; never their values."""
    table = tables.held_fields.c
    query = select(table.field, table.gate, table.reason).where(table.run_document_id == run_document_id)
    return [dict(row) for row in connection.execute(query.order_by(table.id)).mappings()]


def _add(
    connection: Connection,
    wanted: Mapping[str, frozenset[str]],
    told: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    run_id: str,
    at: int,
) -> None:
    rows = [
        _row(webhook_id, event, {"pipelineId": run_id, **data}, at=at)
        for event, data in told
        for webhook_id, events in wanted.items()
        if event in events
    ]
    if rows:
        connection.execute(insert(tables.deliveries), rows)


def _row(webhook_id: str, event: str, data: Mapping[str, Any], *, at: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "webhook_id": webhook_id,
        "event": event,
        "body": to_json(data),
        "state": PENDING,
        "attempts": 0,
        "due_at": at,
        "created_at": at,
    }
