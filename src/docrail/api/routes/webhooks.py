"""Webhooks: signed events for other programs, and the log of what was sent."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, Field

from docrail.api.asked import Asked
from docrail.api.auth import Acting
from docrail.api.ids import PathId
from docrail.api.pages import Page, PageQuery
from docrail.store.webhooks import Attempt, Delivery, Webhook
from docrail.usecases import webhooks
from docrail.usecases.times import iso_time, maybe_time

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
Url = Annotated[str, Field(max_length=2000, examples=["https://example.org/docrail"])]
Event = Annotated[str, Field(max_length=64, examples=["pipeline.completed"])]
State = Literal["pending", "delivered", "dead"]


class WebhookRequest(Asked):
    """The address to tell, and of what."""

    url: Url
    events: list[Event] = Field(max_length=20)


class WebhookChange(WebhookRequest):
    """What is wanted now; nothing is sent while it is not `active`."""

    active: bool = True


class WebhookBody(BaseModel):
    """A webhook without its secret."""

    id: str
    url: str
    events: list[str]
    active: bool
    created_at: str
    links: dict[str, str]


class NewWebhookBody(WebhookBody):
    """A webhook just made, with the secret that is shown this once."""

    secret: str


class DeliveryBody(BaseModel):
    """One event on its way; `id` is the header `webhook-id` and stays the same however often it is sent."""

    id: str
    event: str
    data: dict[str, Any]
    state: State
    attempts: int
    due_at: str | None
    created_at: str
    ended_at: str | None
    links: dict[str, str]


class AttemptBody(BaseModel):
    """One try: what was answered, or why nothing was."""

    status: int | None
    error: str | None
    milliseconds: int
    at: str


class WholeDeliveryBody(DeliveryBody):
    """A delivery with its log."""

    log: list[AttemptBody]


class RedeliveredBody(BaseModel):
    """How many deliveries are sent again."""

    redelivered: int


@router.get("")
def list_webhooks(program: Acting, wanted: PageQuery) -> Page[WebhookBody]:
    """Webhooks, newest first."""
    rows, total = webhooks.list_webhooks(program, limit=wanted.fetch, after=wanted.after)
    return wanted.page(rows, total=total, show=_webhook, key=lambda row: row.id)


@router.post("", status_code=201)
def create_webhook(program: Acting, wanted: WebhookRequest) -> NewWebhookBody:
    """Tell an address of events from now on. The secret that signs them is in this answer and nowhere else."""
    made = webhooks.create_webhook(program, url=wanted.url, events=wanted.events)
    return NewWebhookBody(**_webhook(made.webhook).model_dump(), secret=made.secret)


@router.get("/{webhook_id}")
def get_webhook(program: Acting, webhook_id: PathId) -> WebhookBody:
    """One webhook."""
    return _webhook(webhooks.get_webhook(program, webhook_id))


@router.put("/{webhook_id}")
def change_webhook(program: Acting, webhook_id: PathId, wanted: WebhookChange) -> WebhookBody:
    """Another address, other events, or a pause."""
    changed = webhooks.change_webhook(
        program, webhook_id, url=wanted.url, events=wanted.events, active=wanted.active
    )
    return _webhook(changed)


@router.delete("/{webhook_id}", status_code=204)
def delete_webhook(program: Acting, webhook_id: PathId) -> None:
    """Remove a webhook with its log; what was not sent yet is not sent."""
    webhooks.delete_webhook(program, webhook_id)


@router.post("/{webhook_id}/ping", status_code=202)
def try_webhook(program: Acting, webhook_id: PathId) -> DeliveryBody:
    """Send a `ping`, to see whether it arrives."""
    return _delivery(webhooks.try_webhook(program, webhook_id))


@router.get("/{webhook_id}/deliveries")
def list_deliveries(
    program: Acting, webhook_id: PathId, wanted: PageQuery, state: State | None = None
) -> Page[DeliveryBody]:
    """What it was told, newest first; `state=dead` is what never arrived."""
    rows, total = webhooks.list_deliveries(
        program, webhook_id, state=state, limit=wanted.fetch, after=wanted.after
    )
    return wanted.page(rows, total=total, show=_delivery, key=lambda row: row.id)


@router.get("/{webhook_id}/deliveries/{delivery_id}")
def get_delivery(program: Acting, webhook_id: PathId, delivery_id: PathId) -> WholeDeliveryBody:
    """One delivery, with every attempt."""
    delivery, attempts = webhooks.get_delivery(program, webhook_id, delivery_id)
    return WholeDeliveryBody(**_delivery(delivery).model_dump(), log=[_attempt(each) for each in attempts])


@router.post("/{webhook_id}/deliveries/{delivery_id}/redeliver", status_code=202)
def redeliver(program: Acting, webhook_id: PathId, delivery_id: PathId) -> RedeliveredBody:
    """Send one delivery again, under the same id."""
    return RedeliveredBody(redelivered=webhooks.redeliver(program, webhook_id, delivery_id))


@router.post("/{webhook_id}/redeliver", status_code=202)
def redeliver_dead(program: Acting, webhook_id: PathId) -> RedeliveredBody:
    """Send every dead delivery again, under its id."""
    return RedeliveredBody(redelivered=webhooks.redeliver(program, webhook_id))


def _webhook(webhook: Webhook) -> WebhookBody:
    here = f"/v1/webhooks/{webhook.id}"
    return WebhookBody(
        id=webhook.id,
        url=webhook.url,
        events=list(webhook.events),
        active=webhook.active,
        created_at=iso_time(webhook.created_at),
        links={"self": here, "deliveries": f"{here}/deliveries"},
    )


def _delivery(delivery: Delivery) -> DeliveryBody:
    return DeliveryBody.model_validate(
        {
            "id": delivery.id,
            "event": delivery.event,
            "data": msgspec.json.decode(delivery.body),
            "state": delivery.state,
            "attempts": delivery.attempts,
            "due_at": iso_time(delivery.due_at) if delivery.state == "pending" else None,
            "created_at": iso_time(delivery.created_at),
            "ended_at": maybe_time(delivery.ended_at),
            "links": {"self": f"/v1/webhooks/{delivery.webhook_id}/deliveries/{delivery.id}"},
        }
    )


def _attempt(attempt: Attempt) -> AttemptBody:
    return AttemptBody(
        status=attempt.status,
        error=attempt.error,
        milliseconds=attempt.milliseconds,
        at=iso_time(attempt.at),
    )
