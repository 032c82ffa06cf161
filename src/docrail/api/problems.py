"""The one shape of every error, and the id that every request has."""

import http
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docrail.core.errors import (
    Conflict,
    DocrailError,
    DocumentError,
    InvalidInput,
    NotFound,
    PasswordNeeded,
    Problem,
    Unavailable,
)
from docrail.store.ids import now_ms
from docrail.usecases.times import iso_time

log = structlog.get_logger()

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "insufficient_scope",
    404: "not_found",
    405: "bad_request",
    409: "conflict",
    413: "payload_too_large",
    415: "unsupported_media_type",
    422: "validation_error",
    429: "rate_limited",
    500: "internal_error",
    503: "unavailable",
}
REQUEST_ID = re.compile(rb"(?!.*(drs?_|whsec_))[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
RETRYABLE = frozenset({429, 503})
STATUSES = ((InvalidInput, 400), (PasswordNeeded, 401), (NotFound, 404), (Conflict, 409), (Unavailable, 503))
AWAY = "The database cannot be reached now. Try again in a moment."
AWAY_SECONDS = 2
NOTHING_HERE = "There is nothing here: it does not exist, or your key does not see it."
INTERNAL = "Something went wrong on our side. The server's log has it under this request id."


def problem(
    scope: Scope,
    status: int,
    message: str,
    *,
    code: str = "",
    retryable: bool = False,
    details: Sequence[Problem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer that says what went wrong."""
    body: dict[str, Any] = {
        "statusCode": status,
        "code": code or CODES.get(status, "bad_request" if status < 500 else "internal_error"),
        "error": http.HTTPStatus(status).phrase,
        "message": message,
        "retryable": retryable or status in RETRYABLE,
        "request_id": request_id(scope),
        "timestamp": iso_time(now_ms()),
        "path": scope["path"],
    }
    if details:
        body["details"] = [_detail(each) for each in details]
    return Response(json.dumps(body), status, dict(headers or {}), "application/json")


def request_id(scope: Scope) -> str:
    """The id of this request, which the log and the answer share: the client's own if it can stand in a log."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        given = [value for name, value in scope["headers"] if name == b"x-request-id"]
        fits = len(given) == 1 and REQUEST_ID.fullmatch(given[0]) is not None
        state["request_id"] = given[0].decode() if fits else str(uuid.uuid4())
    return str(state["request_id"])


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of a route, of the router and of the validation in the one shape."""
    app.add_exception_handler(DocrailError, _from_docrail)
    app.add_exception_handler(RequestValidationError, _from_validation)
    app.add_exception_handler(HTTPException, _from_http)


class Requests:
    """Turns what nobody caught into a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_noticed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
            await send(message)

        try:
            await self._app(scope, receive, send_noticed)
        except ClientDisconnect:
            log.info("client_left")
        except Unavailable:
            log.warning("unavailable", request_id=request_id(scope))
            if started:
                raise
            headers = {"Retry-After": str(AWAY_SECONDS)}
            await problem(scope, 503, AWAY, headers=headers)(scope, receive, send_noticed)
        except Exception:
            log.exception("request_failed", request_id=request_id(scope))
            if started:
                raise
            await problem(scope, 500, INTERNAL)(scope, receive, send_noticed)


def _from_docrail(request: Request, error: Exception) -> Response:
    if isinstance(error, DocumentError):
        return problem(request.scope, 422, str(error), code=error.code, retryable=error.retryable)
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    if status >= 500:
        raise error
    if isinstance(error, NotFound):
        return problem(request.scope, 404, NOTHING_HERE)
    headers = {"WWW-Authenticate": 'Basic realm="share"'} if isinstance(error, PasswordNeeded) else None
    details = error.problems if isinstance(error, InvalidInput) else ()
    return problem(request.scope, status, str(error), details=details, headers=headers)


def _from_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        allowed = _methods_here(request) or (error.headers or {}).get("Allow", "")
        message = f"{request.method} cannot be used here; there is {allowed}."
        return problem(request.scope, 405, message, headers={"Allow": allowed})
    message = NOTHING_HERE if error.status_code == 404 else str(error.detail)
    return problem(request.scope, error.status_code, message, headers=error.headers)


def _methods_here(request: Request) -> str:
    """The methods of every operation on this path, a literal one before a template; the router knows the first only."""
    paths = request.app.openapi()["paths"]
    here = [path for path in paths if compile_path(path)[0].match(request.url.path)]
    fewest = min((path.count("{") for path in here), default=0)
    found = {method.upper() for path in here if path.count("{") == fewest for method in paths[path]}
    return ", ".join(sorted(found))


def _from_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    if any(each["type"] == "json_invalid" for each in errors):
        return problem(request.scope, 400, f"The body is not JSON: {errors[0]['ctx']['error']}.")
    details = [Problem(path=_path(each["loc"]), message=each["msg"]) for each in errors]
    first = details[0]
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    message = f"{first.path or 'the body'}: {first.message}{more}"
    return problem(request.scope, 422, message, details=details)


def _path(location: Sequence[str | int]) -> str:
    """Where in the request: `document_ids[3]`; the first part only says body, query or path."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location[1:])
    return "".join(steps).removeprefix(".")


def _detail(each: Problem) -> dict[str, str]:
    line = f"line {each.line}: " if each.line else ""
    return {"path": each.path, "message": f"{line}{each.message}"}
