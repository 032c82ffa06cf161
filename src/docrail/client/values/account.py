"""Keys, webhooks, the audit trail and the field registry."""

from docrail.client.values.pipelines import SpecName
from docrail.client.values.secrets import SecretValue
from docrail.client.values.value import Json, Links, Value


class Key(Value, frozen=True, kw_only=True):
    """A key without its secret."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class NewKey(Key, SecretValue, frozen=True, kw_only=True):
    """A key just made, with the secret that is shown this once."""

    key: str


class Webhook(Value, frozen=True, kw_only=True):
    """A webhook without its secret."""

    id: str
    url: str
    events: tuple[str, ...]
    active: bool
    created_at: str
    links: Links


class NewWebhook(Webhook, SecretValue, frozen=True, kw_only=True):
    """A webhook just made, with the secret that signs its events and is shown this once."""

    secret: str


class Delivery(Value, frozen=True, kw_only=True):
    """One event on its way; `id` stays the same however often it is sent."""

    id: str
    event: str
    data: Json
    state: str
    attempts: int
    due_at: str | None
    created_at: str
    ended_at: str | None
    links: Links


class DeliveryAttempt(Value, frozen=True, kw_only=True):
    """One try: what was answered, or why nothing was."""

    status: int | None
    error: str | None
    milliseconds: int
    at: str


class WholeDelivery(Delivery, frozen=True, kw_only=True):
    """A delivery with its log."""

    log: tuple[DeliveryAttempt, ...]


class Redelivered(Value, frozen=True, kw_only=True):
    """How many deliveries are sent again."""

    redelivered: int


class AuditEntry(Value, frozen=True, kw_only=True):
    """One thing that was done; `hash` is over all the rest, `previous` the hash of the entry before."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    details: Json
    previous: str
    hash: str


class AuditChain(Value, frozen=True, kw_only=True):
    """Whether the trail is whole; `head` is the hash of the last entry."""

    whole: bool
    entries: int
    head: str
    problems: tuple[str, ...]


class RememberedField(Value, frozen=True, kw_only=True):
    """What is remembered of a field: on how many documents it was confirmed, and how often its anchors were right."""

    id: str
    name: str
    spec: SpecName
    confirmed: int
    anchors: int
    trusted: int
    seen: int
    right: int
    precision: float | None
    updated_at: str
    links: Links


class Anchor(Value, frozen=True, kw_only=True):
    """Words in their relation to a value: on how many confirmed documents they named one, how often rightly."""

    anchor: str
    seen: int
    right: int
    precision: float
    trusted: bool


class WholeRememberedField(RememberedField, frozen=True, kw_only=True):
    """A remembered field with up to 200 of its anchors, most often right first."""

    known: tuple[Anchor, ...]
