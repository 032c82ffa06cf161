"""Requests let in: places, waits, time, slow bodies; without a server."""

import asyncio
import json

import pytest
import structlog
from starlette.datastructures import State

from docrail.api import traffic
from docrail.api.measures import Measures
from docrail.api.traffic import Traffic
from docrail.config import Settings


def scope_of(path="/v1/documents", method="GET", headers=(), query=b""):
    return {"type": "http", "path": path, "method": method, "headers": list(headers), "query_string": query}


async def ask(app, scope, receive=None):
    """The status, the headers and the body of the answer."""
    sent = []

    async def nothing():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive or nothing, send)
    body = b"".join(each.get("body", b"") for each in sent)
    return sent[0]["status"], dict(sent[0]["headers"]), body


async def answer(send, status=200):
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


def make(app, **settings):
    return Traffic(app, settings=Settings(**settings), measures=Measures(), state=State())


@pytest.fixture
def gate():
    """An application that answers once the gate is opened, and says what is in it."""

    class Gate:
        def __init__(self):
            self.open, self.inside = asyncio.Event(), 0

        async def __call__(self, scope, receive, send):
            self.inside += 1
            await self.open.wait()
            self.inside -= 1
            await answer(send)

    return Gate


def test_who_finds_no_place_in_time_is_told_to_come_again(gate, monkeypatch):
    monkeypatch.setattr(traffic, "PATIENCE_SECONDS", 0.02)

    async def story():
        inner = gate()
        app = make(inner, requests_at_once=2)
        held = [asyncio.create_task(ask(app, scope_of())) for _ in range(2)]
        await asyncio.sleep(0)
        status, headers, body = await ask(app, scope_of())
        assert (status, json.loads(body)["code"], headers[b"retry-after"]) == (503, "unavailable", b"2")
        assert inner.inside == 2
        polls = asyncio.create_task(ask(app, scope_of("/v1/pipelines/1/progress")))
        inner.open.set()
        assert [(await each)[0] for each in [*held, polls]] == [200] * 3
        assert (await ask(app, scope_of()))[0] == 200

    asyncio.run(story())


def test_those_who_wait_have_places_of_their_own(gate):
    async def story():
        inner = gate()
        app = make(inner, requests_at_once=1, waits_at_once=1)
        wait = scope_of("/v1/pipelines/1/progress", query=b"wait=9")
        tasks = [asyncio.create_task(ask(app, each)) for each in (wait, scope_of())]
        await asyncio.sleep(0)
        stream = scope_of("/v1/pipelines/1/progress", headers=[(b"accept", b"text/event-stream")])
        assert (await ask(app, stream))[0] == 503
        await asyncio.sleep(0)
        inner.open.set()
        assert [(await each)[0] for each in tasks] == [200, 200]

    asyncio.run(story())


def test_a_request_that_takes_too_long_is_answered_and_keeps_its_place_to_its_end(gate, monkeypatch):
    monkeypatch.setattr(traffic, "PATIENCE_SECONDS", 0.02)

    async def story():
        inner = gate()
        app = make(inner, requests_at_once=1, request_seconds=0.02)
        status, _, body = await ask(app, scope_of(method="POST"))
        assert status == 503 and "look before you repeat it" in json.loads(body)["message"]
        assert (await ask(app, scope_of()))[0] == 503 and inner.inside == 1
        inner.open.set()
        await asyncio.sleep(0.01)
        assert (await ask(app, scope_of()))[0] == 200

    asyncio.run(story())


def test_a_slow_body_holds_no_place_and_ends(monkeypatch):
    monkeypatch.setattr(traffic, "BODY_SECONDS", 0.05)

    async def reading(scope, receive, send):
        if scope["method"] == "POST":
            message = await receive()
            if message["type"] == "http.disconnect":
                return
        await answer(send)

    async def never():
        await asyncio.sleep(60)

    async def story():
        app = make(reading, requests_at_once=1)
        slow = [asyncio.create_task(ask(app, scope_of(method="POST"), never)) for _ in range(20)]
        await asyncio.sleep(0.01)
        assert (await ask(app, scope_of()))[0] == 200
        for each in slow:
            status, headers, body = await each
            assert (status, headers[b"connection"]) == (408, b"close")
            assert json.loads(body)["retryable"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (b"trace-0123456789", True),
        (b"short", False),
        (b"x\x0ay-123456", False),
        (b"my-dr_secretsecret", False),
        (b"drs_secretsecret", False),
        (b"my-whsec_secret", False),
    ],
)
def test_the_id_of_a_request_is_the_clients_if_it_can_stand_in_a_log(given, kept):
    async def inner(scope, receive, send):
        seen.append(structlog.contextvars.get_contextvars()["request_id"])
        await answer(send)

    seen = []
    _, headers, _ = asyncio.run(ask(make(inner), scope_of(headers=[(b"x-request-id", given)])))
    assert headers[b"x-request-id"].decode() == seen[0]
    assert (seen[0].encode() == given) is kept


def test_each_request_is_logged_by_its_route_without_what_stands_in_it():
    async def inner(scope, receive, send):
        scope["state"]["route"] = "/share/{token}"
        await answer(send, 404)

    app = make(inner)
    with structlog.testing.capture_logs() as lines:
        asyncio.run(ask(app, scope_of("/share/a-secret", query=b"password=hush")))
    (line,) = lines
    assert (line["event"], line["route"], line["status"]) == ("request_finished", "/share/{token}", 404)
    assert "secret" not in str(lines) and "hush" not in str(lines)
    shown = list(app._measures.show())
    assert 'docrail_http_requests_total{method="GET",route="/share/{token}",status="404"} 1' in shown
    assert 'docrail_http_request_seconds_bucket{route="/share/{token}",le="+Inf"} 1' in shown
