"""Whether an event that arrives is docrail's: for programs that receive webhooks."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

import msgspec

TOLERANCE = 300.0
"""Seconds that the clocks of sender and receiver may differ."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook tells; `timestamp` in milliseconds since 1970. `id` is that of the delivery: remember it, and do
    nothing the second time."""

    id: str
    type: str
    timestamp: int
    data: dict[str, Any]


class UnsignedEvent(ValueError):  # noqa: N818 - what it is
    """The event is not docrail's, was changed on its way, or is too old."""


def verify_webhook(
    headers: Mapping[str, str], body: bytes, secret: str, *, now: float | None = None
) -> Event:
    """The event of a request, if its signature is right. `secret` is the `whsec_…` of the webhook.

    `now`: seconds since 1970, the clock's unless given. Raises UnsignedEvent.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        delivery_id, sent = given["webhook-id"], given["webhook-timestamp"]
        signatures = given["webhook-signature"].split()
    except KeyError as error:
        raise UnsignedEvent(f"the header {error} is missing") from None
    mine = _sign(secret, f"{delivery_id}.{sent}.".encode() + body)
    if not any(hmac.compare_digest(mine.encode(), each.encode()) for each in signatures):
        raise UnsignedEvent("the signature is not that of this secret and body")
    if not sent.isdecimal() or abs((time.time() if now is None else now) - int(sent)) > TOLERANCE:
        raise UnsignedEvent("the event is more than five minutes old, or one of the clocks is wrong")
    try:
        return msgspec.json.decode(body, type=Event)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnsignedEvent(f"the body is no event: {error}") from error


def _sign(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("the secret is not the `whsec_…` that docrail showed") from None
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
