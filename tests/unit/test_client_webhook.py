"""Receiving webhooks: only what docrail signed, whole and recent, is an event."""

import pytest

from docrail.client import UnsignedEvent, verify_webhook
from docrail.core.webhook import make_secret, sign

SECRET = make_secret(b"installation", "webhook")
BODY = b'{"id":"d-1","type":"pipeline.completed","timestamp":1795000000000,"data":{"status":"completed"}}'
NOW = 1_795_000_000


def headers(body=BODY, *, secret=SECRET, at=NOW):
    signature = sign(secret, delivery_id="d-1", seconds=at, body=body)
    return {"Webhook-Id": "d-1", "Webhook-Timestamp": str(at), "Webhook-Signature": signature}


def test_a_signed_event_is_read():
    event = verify_webhook(headers(), BODY, SECRET, now=NOW + 299)
    assert (event.id, event.type, event.data["status"]) == ("d-1", "pipeline.completed", "completed")


def test_one_of_several_signatures_is_enough():
    given = headers()
    given["Webhook-Signature"] = f"v1,AAAA {given['Webhook-Signature']}"
    assert verify_webhook(given, BODY, SECRET, now=NOW).id == "d-1"


@pytest.mark.parametrize(
    ("given", "body", "now", "why"),
    [
        (headers(), BODY + b" ", NOW, "signature"),
        (headers(secret=make_secret(b"other", "webhook")), BODY, NOW, "signature"),
        (headers() | {"Webhook-Timestamp": str(NOW + 1)}, BODY, NOW, "signature"),
        (headers() | {"Webhook-Signature": "v1,ä"}, BODY, NOW, "signature"),
        (headers(), BODY, NOW + 301, "five minutes"),
        (headers(), BODY, NOW - 301, "five minutes"),
        ({"Webhook-Id": "d-1"}, BODY, NOW, "missing"),
        (headers(b"[]"), b"[]", NOW, "no event"),
        (headers(b'{"id":"\xff"}'), b'{"id":"\xff"}', NOW, "no event"),
    ],
)
def test_anything_else_is_not(given, body, now, why):
    with pytest.raises(UnsignedEvent, match=why):
        verify_webhook(given, body, SECRET, now=now)


def test_a_secret_that_is_none_is_a_mistake_of_the_receiver_and_is_not_shown():
    with pytest.raises(ValueError, match="whsec_") as caught:
        verify_webhook(headers(), BODY, "whsec_not base64", now=NOW)
    assert "not base64" not in str(caught.value)
