"""Webhooks and their deliveries: who is due, who has it in hand, what became of it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from docrail.core.errors import NotFound
from docrail.store import tables
from docrail.store.ids import new_id

PENDING, DELIVERED, DEAD = "pending", "delivered", "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where to tell whom of what; `created_at` in ms since 1970."""

    id: str
    workspace_id: str
    url: str
    events: tuple[str, ...]
    active: bool
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try: what the other side answered, or why it did not."""

    status: int | None
    error: str | None
    milliseconds: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one webhook. `body` is the JSON of what is told."""

    id: str
    webhook_id: str
    event: str
    body: str
    state: str
    attempts: int
    due_at: int
    created_at: int
    ended_at: int | None


def add_webhook(connection: Connection, webhook: Webhook) -> None:
    """Keep a new webhook."""
    connection.execute(insert(tables.webhooks), _row(webhook))


def change_webhook(connection: Connection, webhook: Webhook) -> None:
    """Keep what is said of a webhook now."""
    table = tables.webhooks
    connection.execute(update(table).where(table.c.id == webhook.id).values(**_row(webhook)))


def delete_webhook(connection: Connection, webhook_id: str) -> None:
    """Remove a webhook with its log."""
    log, sent, table = tables.delivery_attempts, tables.deliveries, tables.webhooks
    ours = select(sent.c.id).where(sent.c.webhook_id == webhook_id)
    connection.execute(delete(log).where(log.c.delivery_id.in_(ours)))
    connection.execute(delete(sent).where(sent.c.webhook_id == webhook_id))
    connection.execute(delete(table).where(table.c.id == webhook_id))


def read_webhook(connection: Connection, webhook_id: str, *, workspace_id: str) -> Webhook:
    """One webhook. Raises NotFound, also for another workspace's."""
    table = tables.webhooks.c
    query = select(tables.webhooks).where(table.id == webhook_id, table.workspace_id == workspace_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"no webhook {webhook_id!r}")
    return _webhook(row)


def list_webhooks(
    connection: Connection, *, workspace_id: str, limit: int, before: str | None
) -> tuple[list[Webhook], int]:
    """One page of webhooks, newest first, and how many there are."""
    table = tables.webhooks.c
    ours = table.workspace_id == workspace_id
    total = connection.execute(select(func.count()).select_from(tables.webhooks).where(ours)).scalar_one()
    query = select(tables.webhooks).where(ours).order_by(table.id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.id < before)
    return [_webhook(row) for row in connection.execute(query)], total


def list_deliveries(
    connection: Connection, webhook_id: str, *, state: str | None, limit: int, before: str | None
) -> tuple[list[Delivery], int]:
    """One page of what a webhook was told, newest first, and how many match."""
    table = tables.deliveries
    ours = table.c.webhook_id == webhook_id
    if state is not None:
        ours &= table.c.state == state
    total = connection.execute(select(func.count()).select_from(table).where(ours)).scalar_one()
    query = select(table).where(ours).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.id < before)
    return [_delivery(row) for row in connection.execute(query)], total


def read_delivery(connection: Connection, delivery_id: str, *, webhook_id: str) -> Delivery:
    """One delivery. Raises NotFound."""
    table = tables.deliveries
    query = select(table).where(table.c.id == delivery_id, table.c.webhook_id == webhook_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"no delivery {delivery_id!r}")
    return _delivery(row)


def list_attempts(connection: Connection, delivery_id: str) -> list[Attempt]:
    """Every attempt of a delivery, oldest first."""
    table = tables.delivery_attempts
    query = select(table).where(table.c.delivery_id == delivery_id).order_by(table.c.id)
    return [
        Attempt(status=row.status, error=row.error, milliseconds=row.milliseconds, at=row.at)
        for row in connection.execute(query)
    ]


def redeliver(connection: Connection, webhook_id: str, *, delivery_id: str | None = None, at: int) -> int:
    """Send one delivery again, or every dead one; how many. The id stays, so a receiver knows it."""
    table = tables.deliveries
    which = table.c.webhook_id == webhook_id
    which &= table.c.state == DEAD if delivery_id is None else table.c.id == delivery_id
    values = {"state": PENDING, "attempts": 0, "due_at": at, "ended_at": None}
    return connection.execute(update(table).where(which).values(values)).rowcount


def has_due(connection: Connection, *, at: int) -> bool:
    """Whether anything is to be sent now."""
    return connection.execute(select(tables.deliveries.c.id).where(_due(at)).limit(1)).first() is not None


def claim_due(connection: Connection, *, at: int, until: int, limit: int) -> list[tuple[Delivery, str]]:
    """Take deliveries that are due into hand until a time, with the addresses they go to.

    Whoever dies with one in hand leaves it to others after that time: it may arrive twice, with the same id.
    """
    table, hooks = tables.deliveries, tables.webhooks
    query = (
        select(table.c.id)
        .join(hooks, hooks.c.id == table.c.webhook_id)
        .where(_due(at), hooks.c.active)
        .order_by(table.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=table)
    )
    ids = list(connection.execute(query).scalars())
    if not ids:
        return []
    taken = update(table).where(table.c.id.in_(ids)).values(due_at=until, attempts=table.c.attempts + 1)
    connection.execute(taken)
    found = (
        select(table, hooks.c.url).join(hooks, hooks.c.id == table.c.webhook_id).where(table.c.id.in_(ids))
    )
    return [(_delivery(row), row.url) for row in connection.execute(found)]


def end_attempt(
    connection: Connection, delivery: Delivery, attempt: Attempt, *, state: str, due_at: int
) -> None:
    """Write down what came of an attempt, unless the delivery was removed or started anew meanwhile."""
    table = tables.deliveries
    ours = (table.c.id == delivery.id) & (table.c.attempts == delivery.attempts) & (table.c.state == PENDING)
    ended = None if state == PENDING else attempt.at
    values = {"state": state, "due_at": due_at, "ended_at": ended}
    if connection.execute(update(table).where(ours).values(values)).rowcount:
        row = {
            "id": new_id(),
            "delivery_id": delivery.id,
            "status": attempt.status,
            "error": attempt.error,
            "milliseconds": attempt.milliseconds,
            "at": attempt.at,
        }
        connection.execute(insert(tables.delivery_attempts), row)


def _due(at: int) -> ColumnElement[bool]:
    table = tables.deliveries.c
    return (table.state == PENDING) & (table.due_at <= at)


def _row(webhook: Webhook) -> dict[str, object]:
    return {
        "id": webhook.id,
        "workspace_id": webhook.workspace_id,
        "url": webhook.url,
        "events": " ".join(webhook.events),
        "active": webhook.active,
        "created_at": webhook.created_at,
    }


def _webhook(row: Row[tuple[object, ...]]) -> Webhook:
    return Webhook(
        id=row.id,
        workspace_id=row.workspace_id,
        url=row.url,
        events=tuple(row.events.split()),
        active=row.active,
        created_at=row.created_at,
    )


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    names = ("id", "webhook_id", "event", "body", "state", "attempts", "due_at", "created_at", "ended_at")
    return Delivery(**{name: getattr(row, name) for name in names})
