"""`client.webhooks`: signed events for other programs, and the log of what was sent."""

from collections.abc import Sequence
from typing import Literal

from docrail.client.effects import Items, Steps
from docrail.client.resource import Link, ManyResults, OneResult, Resource
from docrail.client.route import Route, list_all
from docrail.client.values.account import Delivery, NewWebhook, Redelivered, Webhook, WholeDelivery
from docrail.client.values.pages import Page

PATH = "/v1/webhooks"
ONE = f"{PATH}/{{webhook_id}}"
DELIVERY = f"{ONE}/deliveries/{{delivery_id}}"
LIST = Route("GET", PATH, Page[Webhook])
CREATE = Route("POST", PATH, NewWebhook)
GET = Route("GET", ONE, Webhook)
CHANGE = Route("PUT", ONE, Webhook)
DELETE = Route("DELETE", ONE, type(None))
PING = Route("POST", f"{ONE}/ping", Delivery)
DELIVERIES = Route("GET", f"{ONE}/deliveries", Page[Delivery])
GET_DELIVERY = Route("GET", DELIVERY, WholeDelivery)
REDELIVER = Route("POST", f"{DELIVERY}/redeliver", Redelivered)
REDELIVER_DEAD = Route("POST", f"{ONE}/redeliver", Redelivered)


class Webhooks(Resource[Link]):
    """Webhooks: who is told of what."""

    @ManyResults
    def list(self) -> Items[Webhook]:
        """Webhooks, newest first."""
        return list_all(LIST)

    @OneResult
    def create(self, url: str, events: Sequence[str]) -> Steps[NewWebhook]:
        """Tell an address of events from now on; `secret` signs them, and is shown this once."""
        return CREATE.ask(json={"url": url, "events": events})

    @OneResult
    def get(self, webhook_id: str) -> Steps[Webhook]:
        """One webhook."""
        return GET.ask(webhook_id)

    @OneResult
    def change(
        self, webhook_id: str, url: str, events: Sequence[str], *, active: bool = True
    ) -> Steps[Webhook]:
        """Another address, other events, or a pause."""
        return CHANGE.ask(webhook_id, json={"url": url, "events": events, "active": active})

    @OneResult
    def delete(self, webhook_id: str) -> Steps[None]:
        """Remove a webhook with its log; what was not sent yet is not sent."""
        return DELETE.ask(webhook_id)

    @OneResult
    def ping(self, webhook_id: str) -> Steps[Delivery]:
        """Send a `ping`, to see whether it arrives."""
        return PING.ask(webhook_id)

    @ManyResults
    def deliveries(
        self, webhook_id: str, *, state: Literal["pending", "delivered", "dead"] | None = None
    ) -> Items[Delivery]:
        """What it was told, newest first; `dead` is what never arrived."""
        return list_all(DELIVERIES, webhook_id, state=state)

    @OneResult
    def delivery(self, webhook_id: str, delivery_id: str) -> Steps[WholeDelivery]:
        """One delivery, with every attempt."""
        return GET_DELIVERY.ask(webhook_id, delivery_id)

    @OneResult
    def redeliver(self, webhook_id: str, delivery_id: str | None = None) -> Steps[int]:
        """Send one delivery again, or every dead one, under its id; how many."""
        if delivery_id is None:
            return (yield from REDELIVER_DEAD.ask(webhook_id)).redelivered
        return (yield from REDELIVER.ask(webhook_id, delivery_id)).redelivered
