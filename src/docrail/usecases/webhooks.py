"""What a person can do with webhooks: make, change, try, look at what was sent, send it again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput, Problem
from docrail.core.webhook import EVENTS, PING, make_secret
from docrail.delivery.address import Refused, check_url
from docrail.store import webhooks
from docrail.store.clock import read_clock
from docrail.store.ids import new_id
from docrail.store.outbox import add_delivery
from docrail.store.signing import signing_key
from docrail.store.webhooks import Attempt, Delivery, Webhook
from docrail.usecases.audit import note


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    """A webhook just made, with the secret that is shown this once."""

    webhook: Webhook
    secret: str


def create_webhook(program: Program, *, url: str, events: Sequence[str]) -> NewWebhook:
    """Tell this address of these events from now on. Raises InvalidInput."""
    _check(url, events)
    key = signing_key(program.settings.home_path, program.settings.signing_secret)
    with program.database.writing() as connection:
        webhook = Webhook(
            id=new_id(),
            workspace_id=program.workspace,
            url=url,
            events=tuple(dict.fromkeys(events)),
            active=True,
            created_at=read_clock(connection),
        )
        webhooks.add_webhook(connection, webhook)
        note(program, connection, "webhook.made", webhook.id, url=url, events=list(webhook.events))
    return NewWebhook(webhook=webhook, secret=make_secret(key, webhook.id))


def change_webhook(
    program: Program, webhook_id: str, *, url: str, events: Sequence[str], active: bool
) -> Webhook:
    """Another address or other events; one that is not active is sent nothing. Raises NotFound, InvalidInput."""
    _check(url, events)
    with program.database.writing() as connection:
        before = webhooks.read_webhook(connection, webhook_id, workspace_id=program.workspace)
        changed = replace(before, url=url, events=tuple(dict.fromkeys(events)), active=active)
        webhooks.change_webhook(connection, changed)
        note(program, connection, "webhook.changed", webhook_id, url=url, events=list(events), active=active)
    return changed


def delete_webhook(program: Program, webhook_id: str) -> None:
    """Remove a webhook with its log. Raises NotFound."""
    with program.database.writing() as connection:
        webhooks.read_webhook(connection, webhook_id, workspace_id=program.workspace)
        webhooks.delete_webhook(connection, webhook_id)
        note(program, connection, "webhook.deleted", webhook_id)


def get_webhook(program: Program, webhook_id: str) -> Webhook:
    """One webhook. Raises NotFound."""
    with program.database.reading() as connection:
        return webhooks.read_webhook(connection, webhook_id, workspace_id=program.workspace)


def list_webhooks(program: Program, *, limit: int, after: str | None) -> tuple[list[Webhook], int]:
    """One page of webhooks, newest first, and how many there are."""
    with program.database.reading() as connection:
        return webhooks.list_webhooks(connection, workspace_id=program.workspace, limit=limit, before=after)


def try_webhook(program: Program, webhook_id: str) -> Delivery:
    """Send a `ping`. Raises NotFound."""
    with program.database.writing() as connection:
        webhooks.read_webhook(connection, webhook_id, workspace_id=program.workspace)
        delivery_id = add_delivery(connection, webhook_id, PING, {}, at=read_clock(connection))
        return webhooks.read_delivery(connection, delivery_id, webhook_id=webhook_id)


def list_deliveries(
    program: Program, webhook_id: str, *, state: str | None, limit: int, after: str | None
) -> tuple[list[Delivery], int]:
    """One page of what a webhook was told, newest first, and how many match. Raises NotFound."""
    with program.database.reading() as connection:
        webhooks.read_webhook(connection, webhook_id, workspace_id=program.workspace)
        return webhooks.list_deliveries(connection, webhook_id, state=state, limit=limit, before=after)


def get_delivery(program: Program, webhook_id: str, delivery_id: str) -> tuple[Delivery, list[Attempt]]:
    """One delivery and its attempts, oldest first. Raises NotFound."""
    with program.database.reading() as connection:
        webhooks.read_webhook(connection, webhook_id, workspace_id=program.workspace)
        delivery = webhooks.read_delivery(connection, delivery_id, webhook_id=webhook_id)
        return delivery, webhooks.list_attempts(connection, delivery_id)


def redeliver(program: Program, webhook_id: str, delivery_id: str | None = None) -> int:
    """Send one delivery again, or every dead one; how many. Raises NotFound."""
    with program.database.writing() as connection:
        webhooks.read_webhook(connection, webhook_id, workspace_id=program.workspace)
        if delivery_id is not None:
            webhooks.read_delivery(connection, delivery_id, webhook_id=webhook_id)
        return webhooks.redeliver(connection, webhook_id, delivery_id=delivery_id, at=read_clock(connection))


def _check(url: str, events: Sequence[str]) -> None:
    problems = [
        Problem(path=f"events[{n}]", message=f"no event {event!r}: there are {', '.join(EVENTS)}")
        for n, event in enumerate(events)
        if event not in EVENTS
    ]
    if not events:
        problems.append(Problem(path="events", message=f"name at least one of {', '.join(EVENTS)}"))
    try:
        check_url(url)
    except Refused as refusal:
        problems.append(Problem(path="url", message=str(refusal)))
    if problems:
        raise InvalidInput("the webhook cannot be used", tuple(problems))
