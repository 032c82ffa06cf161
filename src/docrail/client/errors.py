"""What goes wrong when a server is asked: one class for each family of its error codes.

ApiError
├── InvalidInput       the request cannot be done as it is (400, 405, 413, 415, 422); `details` says where
├── Unauthorized       no key, or one that does not work (401)
├── InsufficientScope  the key may not do this (403)
├── NotFound           it does not exist, or the key does not see it (404)
├── Conflict           it does not fit what is there now (409)
├── RateLimited        too many requests (429)
├── Unavailable        not now: 503, or the server cannot be reached
└── ServerError        the server failed, or its answer cannot be read
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import time

import httpx
import msgspec

from docrail.client.effects import Answer, Request


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """One problem of a request: where and what."""

    path: str = ""
    message: str = ""


class ApiError(Exception):
    """What the server answered instead. `status` is None when there was no answer; `code` a stable word."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        request_id: str | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        details: tuple[Detail, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retryable = retryable
        self.retry_after = retry_after
        self.details = details

    def __str__(self) -> str:
        head = f"{self.code}: {self.message}" if self.code else self.message
        lines = [f"  {each.path}: {each.message}" for each in self.details]
        asked = [f"  (request {self.request_id})"] if self.request_id else []
        return "\n".join([head, *lines, *asked])


class InvalidInput(ApiError):  # noqa: N818 - what it is
    """The request cannot be done as it is; `details` has every problem of it."""


class Unauthorized(ApiError):  # noqa: N818 - what it is
    """The key is missing, unknown, expired or revoked."""


class InsufficientScope(ApiError):  # noqa: N818 - what it is
    """The key lacks the scope that the message names."""


class NotFound(ApiError):  # noqa: N818 - what it is
    """It does not exist, or the key does not see it."""


class Conflict(ApiError):  # noqa: N818 - what it is
    """It does not fit what is there now."""


class RateLimited(ApiError):  # noqa: N818 - what it is
    """Too many requests; `retry_after` says how many seconds to wait."""


class Unavailable(ApiError):  # noqa: N818 - what it is
    """Not now: the server says so, or cannot be reached."""


class ServerError(ApiError):
    """The server failed, or what it answered cannot be read."""


BY_STATUS: Mapping[int, type[ApiError]] = {
    401: Unauthorized,
    403: InsufficientScope,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
    503: Unavailable,
}


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    code: str = ""
    message: str = ""
    request_id: str | None = None
    retryable: bool = False
    details: tuple[Detail, ...] = ()


def read_error(answer: Answer) -> ApiError:
    """The error that an answer is, also when something between us and the server gave it."""
    try:
        problem = msgspec.json.decode(answer.body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = _Problem(retryable=answer.status in (429, 503))
    if 300 <= answer.status < 400:
        moved = f"the server is elsewhere: {answer.headers.get('location', 'it does not say where')}"
        problem = _Problem(code="redirected", message=moved)
    return _class_of(answer.status)(
        problem.message or f"the server answered {answer.status} {_phrase(answer.status)}".rstrip(),
        status=answer.status,
        code=problem.code or _phrase(answer.status).lower().replace(" ", "_"),
        request_id=problem.request_id or answer.headers.get("x-request-id"),
        retryable=problem.retryable,
        retry_after=read_retry_after(answer.headers),
        details=problem.details,
    )


def unreachable(error: httpx.RequestError, request: Request) -> Unavailable:
    """There was no answer, or not all of it."""
    why = str(error) or type(error).__name__
    return Unavailable(f"{request.method} {request.path}: {why}", code="unreachable", retryable=True)


def unreadable(answer: Answer, why: object) -> ServerError:
    """The answer is none that this version understands."""
    return ServerError(
        f"the answer cannot be read: {why}",
        status=answer.status,
        code="unreadable_answer",
        request_id=answer.headers.get("x-request-id"),
    )


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that `Retry-After` asks for, given as such or as a date.

    >>> read_retry_after({"retry-after": "3"}), read_retry_after({"retry-after": "soon"})
    (3.0, None)
    """
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdecimal():
        return float(given)
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time())
    except ValueError:
        return None


def _class_of(status: int) -> type[ApiError]:
    return BY_STATUS.get(status) or (InvalidInput if 400 <= status < 500 else ServerError)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
