"""What others may be told of, how it is signed, and when it is tried again."""

import base64
import hashlib
import hmac

EVENTS = (
    "document.completed",
    "document.failed",
    "pipeline.finalizing",
    "pipeline.completed",
    "pipeline.failed",
    "field.held",
)
PING = "ping"
"""What is sent when somebody asks for a trial."""

LADDER = (5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
"""Seconds from one attempt to the next; after the last one a delivery is dead."""

SECRET_PREFIX = "whsec_"


def next_wait(attempts: int) -> int | None:
    """Seconds until the next attempt after so many; None: there is none.

    >>> next_wait(1), next_wait(9)
    (5, None)
    """
    return LADDER[attempts - 1] if attempts <= len(LADDER) else None


def make_secret(signing_key: bytes, webhook_id: str) -> str:
    """The secret of a webhook, in the form of Standard Webhooks."""
    return (
        SECRET_PREFIX
        + base64.b64encode(hmac.digest(signing_key, f"webhook\0{webhook_id}".encode(), "sha256")).decode()
    )


def sign(secret: str, *, delivery_id: str, seconds: int, body: bytes) -> str:
    """The signature of one attempt, by the Standard Webhooks: over its id, its time and its body.

    >>> sign("whsec_YQ==", delivery_id="1", seconds=2, body=b"{}")[:8]
    'v1,Wpflh'
    """
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{delivery_id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
