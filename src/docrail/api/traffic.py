"""The outermost layer: the id of a request, its line in the log, and how many are worked on at once.

A place is held while we work, not while a client sends or reads: slow clients keep nobody waiting.
"""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPMethod
from typing import Any

import structlog
from starlette.datastructures import State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docrail.api.measures import Measures
from docrail.api.problems import problem, request_id
from docrail.config import Settings

PATIENCE_SECONDS = 5.0
"""How long a request waits for a place."""
BODY_SECONDS, BODY_BYTES_A_SECOND = 30.0, 1000
"""What a body may take: half a minute, and a second more for each so many bytes."""
OPEN = frozenset({"/health/live", "/health/ready", "/metrics"})
PROGRESS = re.compile("/v1/pipelines/[^/]+/progress")
FULL = "Too many requests are worked on now. Try again in a moment."
TOO_LONG = (
    "This takes longer than a request may. What it changes may still happen: look before you repeat it."
)
SLOW_BODY = "The body came too slowly."
AGAIN = {"Retry-After": "2"}
log = structlog.get_logger()


class Traffic:
    """Lets requests in, and says what became of them. `state` is the application's."""

    def __init__(self, app: ASGIApp, *, settings: Settings, measures: Measures, state: State) -> None:
        self.state = state
        self._app, self._measures = app, measures
        self._seconds = settings.request_seconds
        self._places = asyncio.Semaphore(settings.requests_at_once)
        self._waits_left = settings.waits_at_once
        self._given_up: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 499
        name = request_id(scope)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                more = [(b"x-request-id", name.encode()), *scope["state"].get("rate_headers", ())]
                message["headers"] = [*message.get("headers", ()), *more]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=name):
            try:
                await self._let_in(scope, receive, send_with_id)
            finally:
                self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """Paths as the routes have them: what stands in their places may be a secret."""
        method = scope["method"] if scope["method"] in HTTPMethod.__members__ else "other"
        route = _route(scope)
        self._measures.add(method, route, status, seconds)
        key = scope["state"].get("key")
        log.info(
            "request_finished",
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            key_id=getattr(key, "id", None),
        )

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = _lane(scope)
        if lane == "open":
            await self._app(scope, receive, send)
        elif lane == "waiting":
            await self._wait_with(scope, receive, send)
        elif await self._take_place():
            await self._work(scope, receive, send)
        else:
            await problem(scope, 503, FULL, headers=AGAIN)(scope, receive, send)

    async def _wait_with(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._waits_left <= 0:
            await problem(scope, 503, FULL, headers=AGAIN)(scope, receive, send)
            return
        self._waits_left -= 1
        try:
            work = _Work(scope, receive, send, seconds=float("inf"))
            await self._app(scope, work.receive, work.send)
        finally:
            self._waits_left += 1

    async def _take_place(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            return False
        return True

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the answer to begin as long as a request may take; who takes longer keeps its place to its end."""
        work = _Work(scope, receive, send, seconds=self._seconds, places=self._places)
        task = asyncio.create_task(self._placed(work))
        try:
            while not task.done() and not work.answered:
                left = work.deadline - time.monotonic()
                if left <= 0:
                    await work.give_up(503, TOO_LONG)
                    break
                await asyncio.wait([task], timeout=left)
            if not work.given_up:
                await task
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            self._given_up.add(task)
            task.add_done_callback(self._forget)

    async def _placed(self, work: "_Work") -> None:
        try:
            await self._app(work.scope, work.receive, work.send)
        finally:
            work.leave()

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._given_up.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("late_request_failed", error=type(task.exception()).__name__)


@dataclass(slots=True)
class _Work:
    """One request on its way through: its place, its time, and what its client still has to send."""

    scope: Scope
    original: Receive
    answer: Send
    deadline: float
    seconds: float
    places: asyncio.Semaphore | None
    has_place: bool
    body_open: bool
    body_due: float
    answered: bool
    given_up: bool

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        seconds: float,
        places: asyncio.Semaphore | None = None,
    ) -> None:
        now = time.monotonic()
        self.scope, self.original, self.answer = scope, receive, send
        self.seconds, self.deadline, self.places = seconds, now + seconds, places
        self.has_place = places is not None
        self.body_open = scope["method"] not in ("GET", "HEAD")
        self.body_due = now + BODY_SECONDS
        self.answered = self.given_up = False

    async def receive(self) -> Message:
        """The next part of the body; the client is gone for whoever asks once it was too slow."""
        if not self.body_open:
            return await self.original()
        self.leave()
        self.deadline = float("inf")
        try:
            async with asyncio.timeout(self.body_due - time.monotonic()):
                message = await self.original()
        except TimeoutError:
            await self.give_up(408, SLOW_BODY)
            return {"type": "http.disconnect"}
        await self.enter()
        self.deadline = time.monotonic() + self.seconds
        self.body_due += len(message.get("body", b"")) / BODY_BYTES_A_SECOND
        self.body_open = bool(message.get("more_body"))
        return message

    async def send(self, message: Message) -> None:
        if self.given_up:
            return
        self.answered, self.deadline = True, float("inf")
        if message["type"] != "http.response.body":
            await self.answer(message)
            return
        self.leave()
        await self.answer(message)
        if message.get("more_body"):
            await self.enter()

    async def give_up(self, status: int, message: str) -> None:
        """Answer in place of whoever works on it."""
        if self.answered or self.given_up:
            return
        self.given_up = True
        headers = AGAIN | {"Connection": "close"}
        response = problem(self.scope, status, message, retryable=True, headers=headers)
        await response(self.scope, self.original, self.answer)

    def leave(self) -> None:
        """Give the place to others."""
        if self.has_place and self.places is not None:
            self.has_place = False
            self.places.release()

    async def enter(self) -> None:
        if not self.has_place and self.places is not None:
            await self.places.acquire()
            self.has_place = True


def _lane(scope: Scope) -> str:
    """`open`: cheap and never refused; `waiting`: waits for something to happen; `work`: the rest."""
    path = scope["path"]
    if path in OPEN:
        return "open"
    if path == "/v1/extract" or any(n == b"accept" and b"event-stream" in v for n, v in scope["headers"]):
        return "waiting"
    if PROGRESS.fullmatch(path):
        return (
            "waiting"
            if b"wait=" in scope["query_string"]
            else "open"
            if not scope["query_string"]
            else "work"
        )
    return "work"


def _route(scope: Scope) -> str:
    """The path as its route has it: `/v1/pipelines/{pipeline_id}`."""
    said: Any = scope["state"].get("route") or getattr(scope.get("route"), "path", None)
    if said:
        return str(said)
    endpoint: Callable[..., Any] | None = scope.get("endpoint")
    return f"page:{getattr(endpoint, '__name__', 'assets')}" if endpoint else "none"
