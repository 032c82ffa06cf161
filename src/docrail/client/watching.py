"""Following a run: a stream that is taken up where it broke, and long polls where no stream comes through."""

from collections.abc import Generator
from math import inf
from time import monotonic
from typing import Any

import httpx
import msgspec

from docrail.client.asking import LONGEST_WAIT, ask, pause_before
from docrail.client.effects import Answer, Effect, Emit, Items, Pause, Read, Steps
from docrail.client.errors import ApiError, RateLimited, Unavailable, read_retry_after, unreadable
from docrail.client.events import Events
from docrail.client.route import Route
from docrail.client.values.progress import Progress

PROGRESS = Route("GET", "/v1/pipelines/{pipeline_id}/progress", Progress)
EVENT_STREAM = "text/event-stream"
SILENCE = 20.0
"""Seconds after which a stream is broken: the server says something every fifteen."""

LONG_POLL = 20.0
SHORTEST_POLL = 1.0
SLOWNESS = 15.0
"""Seconds that a long poll may take longer than it waits."""

BROKEN_STREAMS = 5
"""So many in a row that bring no news, and we poll."""


def watch(pipeline_id: str, *, stream: bool = True) -> Items[Progress]:
    """Each new state once, the last one terminal."""
    latest: Progress | None = None
    if stream:
        latest = yield from _follow(pipeline_id)
    while latest is None or not latest.terminal:
        newer = yield from _poll(pipeline_id, latest, wait=LONG_POLL)
        if newer is not latest:
            yield Emit(newer)
        latest = newer


def wait(pipeline_id: str, *, timeout: float | None = None) -> Steps[Progress]:
    """The terminal state. Raises TimeoutError after so many seconds."""
    ends = inf if timeout is None else monotonic() + timeout
    latest: Progress | None = None
    while latest is None or not latest.terminal:
        left = ends - monotonic()
        if left <= 0:
            raise TimeoutError(f"pipeline {pipeline_id} has not ended after {timeout:g} seconds; it goes on")
        latest = yield from _poll(pipeline_id, latest, wait=min(LONG_POLL, left))
    return latest


def _follow(pipeline_id: str) -> Generator[Effect | Emit[Progress], Any, Progress | None]:
    """Emits what streams bring until the end, or until they bring nothing; the last state that came."""
    latest: Progress | None = None
    broken = 0
    while broken < BROKEN_STREAMS:
        request = PROGRESS.request(pipeline_id, headers=_from(latest), patience=SILENCE)
        try:
            answer = yield from ask(request, stream=True, attempts=1)
        except (RateLimited, Unavailable) as error:
            if _is_eaten(error):
                return latest
            broken += 1
            yield Pause(pause_before(broken, error.retry_after))
            continue
        if not answer.headers.get("content-type", "").startswith(EVENT_STREAM):
            return latest
        newer, heard = yield from _hear(answer, latest)
        if not heard or (newer is not None and newer.terminal):
            return newer
        broken = broken + 1 if newer is latest else 1
        latest = newer
        yield Pause(pause_before(broken, None))
    return latest


def _hear(
    answer: Answer, latest: Progress | None
) -> Generator[Effect | Emit[Progress], Any, tuple[Progress | None, bool]]:
    """Emits what one stream brings until it ends or breaks; the last state, and whether anything came at all."""
    events, heard = Events(), False
    while True:
        try:
            block: bytes = yield Read()
        except httpx.RequestError:
            block = b""
        if not block:
            return latest, heard
        heard = True
        for data in events.feed(block):
            progress = _decode(answer, data)
            if latest is None or progress.revision > latest.revision:
                latest = progress
                yield Emit(progress)
            if latest.terminal:
                return latest, heard


def _poll(pipeline_id: str, latest: Progress | None, *, wait: float) -> Steps[Progress]:
    """The next state, or `latest` itself if there is none after `wait` seconds."""
    headers = {"If-None-Match": latest.etag} if latest else {}
    params = {"wait": f"{wait:.3f}"} if latest else {}
    asked = monotonic()
    request = PROGRESS.request(pipeline_id, headers=headers, params=params, patience=wait + SLOWNESS)
    answer = yield from ask(request)
    if answer.status != 304:
        progress = PROGRESS.read(answer)
        if latest is None or progress.revision > latest.revision:
            return progress
    assert latest is not None
    if monotonic() - asked < min(SHORTEST_POLL, wait):
        # Something between us and the server does not let it wait.
        yield Pause(min(read_retry_after(answer.headers) or SHORTEST_POLL, wait))
    return latest


def _is_eaten(error: ApiError) -> bool:
    """Whether not even the head of a stream came through, or we are asked to wait too long for it."""
    return isinstance(error.__cause__, httpx.ReadTimeout) or (error.retry_after or 0.0) > LONGEST_WAIT


def _from(latest: Progress | None) -> dict[str, str]:
    known = {"Last-Event-ID": str(latest.revision)} if latest else {}
    return {"Accept": EVENT_STREAM, "Cache-Control": "no-cache", **known}


def _decode(answer: Answer, data: str) -> Progress:
    try:
        return msgspec.json.decode(data, type=Progress)
    except msgspec.DecodeError as error:
        raise unreadable(answer, error) from error
