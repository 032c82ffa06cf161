"""Both clients over a scripted server, so that each test runs with either."""

import asyncio
from contextlib import aclosing, closing
from types import SimpleNamespace

import httpx

from docrail.client import AsyncClient, Client

KEY = "dr_a_key_that_nobody_may_see"


class Script:
    """Answers with what it was given, one after the other, and remembers what was asked. An exception is raised."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = []

    def __call__(self, request):
        self.asked.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else _fresh(answer)

    async def awaited(self, request):
        await request.aread()
        return self(request)


def _fresh(answer):
    """The same answer once more: httpx uses each up."""
    if not hasattr(answer, "_content"):
        return answer
    return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


class Sync:
    """`Client`, a new one for each call: over a script, or over a server."""

    def __init__(self, script=None, *, url="http://server", key=KEY):
        self._make = lambda: Client(url, key, transport=script and httpx.MockTransport(script))

    def one(self, call):
        with self._make() as client:
            return call(client)

    def many(self, call, first=None):
        taken = []
        with self._make() as client, closing(call(client)) as items:
            for item in items:
                taken.append(item)
                if len(taken) == first:
                    break
        return taken


class Async:
    """`AsyncClient`, with the same calls."""

    def __init__(self, script=None, *, url="http://server", key=KEY):
        self._make = lambda: AsyncClient(url, key, transport=script and httpx.MockTransport(script.awaited))

    def one(self, call):
        async def ask():
            async with self._make() as client:
                return await call(client)

        return asyncio.run(ask())

    def many(self, call, first=None):
        async def ask():
            taken = []
            async with self._make() as client, aclosing(call(client)) as items:
                async for item in items:
                    taken.append(item)
                    if len(taken) == first:
                        break
            return taken

        return asyncio.run(ask())


def without_pauses(monkeypatch):
    """The pauses that the clients make, which take no time."""
    pauses = []

    async def sleep(seconds):
        pauses.append(seconds)

    monkeypatch.setattr("docrail.client.blocking.time", SimpleNamespace(sleep=pauses.append))
    monkeypatch.setattr("docrail.client.awaiting.asyncio", SimpleNamespace(sleep=sleep))
    return pauses


def problem(status, code, message="No.", headers=None, **more):
    """An error as docrail answers it."""
    body = {
        "statusCode": status,
        "code": code,
        "error": "-",
        "message": message,
        "retryable": status in (429, 503),
        "request_id": "r-1",
        "timestamp": "2026-11-25T10:00:00.000Z",
        "path": "/",
        **more,
    }
    return httpx.Response(status, json=body, headers=headers)
