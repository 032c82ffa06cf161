"""Asking the server: one request, tried again only where that is safe."""

import random
import uuid
from collections.abc import Mapping
from dataclasses import replace

import httpx

from docrail.client.effects import Answer, Open, Pause, Request, Send, Steps
from docrail.client.errors import ApiError, Conflict, RateLimited, Unavailable, read_error, unreachable

ATTEMPTS = 5
LONGEST_WAIT = 60.0
"""A server that asks to wait longer is not waited for: the error says how long."""

LONGEST_BACK_OFF = 8.0


def ask(request: Request, *, stream: bool = False, attempts: int = ATTEMPTS) -> Steps[Answer]:
    """The answer to a request; with `stream` its body is read later.

    A GET, and a POST under an Idempotency-Key of its own, is tried again when the server is busy (429, 503) or the
    connection is lost. Raises ApiError.
    """
    request = _marked(request)
    for attempt in range(1, attempts + 1):
        cause: httpx.RequestError | None = None
        try:
            answer: Answer = yield Open(request) if stream else Send(request)
        except httpx.RequestError as error:
            trouble: ApiError = unreachable(error, request)
            cause = error
        else:
            if answer.status < 300 or answer.status == 304:
                return answer
            trouble = read_error(answer)
        if attempt == attempts or not _may_repeat(request, trouble, attempt=attempt):
            raise trouble from cause
        yield Pause(pause_before(attempt, trouble.retry_after))
    raise AssertionError("the last attempt answers or raises")


def pause_before(attempt: int, retry_after: float | None) -> float:
    """Seconds to wait after so many attempts: never less than the server asks for, and for each client another."""
    back_off = min(LONGEST_BACK_OFF, 0.25 * 2.0**attempt) * random.uniform(0.5, 1.0)
    return (retry_after or 0.0) + back_off


def _marked(request: Request) -> Request:
    if request.method != "POST":
        return request
    headers: Mapping[str, str] = {**request.headers, "Idempotency-Key": str(uuid.uuid4())}
    return replace(request, headers=headers)


def _may_repeat(request: Request, trouble: ApiError, *, attempt: int) -> bool:
    """A repeated POST may find its first attempt still under way (409): it waits for the answer of that one."""
    if request.method not in ("GET", "POST") or (trouble.retry_after or 0.0) > LONGEST_WAIT:
        return False
    under_way = isinstance(trouble, Conflict) and trouble.retryable and attempt > 1
    return isinstance(trouble, RateLimited | Unavailable) or under_way
