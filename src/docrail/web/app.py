"""The page beside the API: which paths are its own, what it may load, and what an error looks like."""

from pathlib import Path
from urllib.parse import unquote

import structlog
from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docrail.bootstrap import Program
from docrail.core.errors import Conflict, DocrailError, InvalidInput, NotFound
from docrail.web.render import show
from docrail.web.routes import documents, products, review, runs, sessions, settings, shared, specs, start
from docrail.web.session import Seal, Visitors

STATIC = Path(__file__).parent / "static"
OWN = frozenset(
    {
        "",
        "session",
        "assets",
        "runs",
        "start",
        "documents",
        "products",
        "specs",
        "settings",
        "review",
        "shared",
    }
)
"""The first parts of paths that are pages; everything else is the API's."""

SAFETY = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
ROUTES: tuple[Route, ...] = (
    *sessions.ROUTES,
    *runs.ROUTES,
    *start.ROUTES,
    *documents.ROUTES,
    *products.ROUTES,
    *specs.ROUTES,
    *settings.ROUTES,
    *review.ROUTES,
    *shared.ROUTES,
)
log = structlog.get_logger()


def with_pages(api: ASGIApp, program: Program, state: State) -> ASGIApp:
    """The API with the pages before it; both share what the API's application keeps in `state`."""
    pages = Starlette(
        routes=[*ROUTES, Mount("/assets", _Assets(directory=STATIC))],
        middleware=[
            Middleware(Visitors, program=program, newest=state.newest, seal=Seal(program.settings.home_path))
        ],
        exception_handlers={DocrailError: _explain, HTTPException: _explain_http, Exception: _apologise},
    )
    pages.state = state
    return _Beside(api, pages)


class _Beside:
    def __init__(self, api: ASGIApp, pages: ASGIApp) -> None:
        self._api, self._pages = api, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].lstrip("/").partition("/")[0] not in OWN:
            await self._api(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *SAFETY]
            await send(message)

        await self._pages(scope, receive, send_safely)


class _Assets(StaticFiles):
    """Files whose addresses carry the version, so that a browser asks once."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _explain(request: Request, error: Exception) -> Response:
    assert isinstance(error, DocrailError)
    if isinstance(error, NotFound):
        return _error(
            request, 404, "There is nothing here.", "It does not exist, or your key does not see it."
        )
    if isinstance(error, InvalidInput):
        return _error(request, 400, "This cannot be done.", str(error), problems=error.problems)
    if isinstance(error, Conflict):
        return _error(request, 409, "Not now.", str(error))
    return _error(request, 422 if not error.retryable else 503, "This did not work.", str(error))


def _explain_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _error(request, 404, "There is nothing here.", f"No page {unquote(request.url.path)}.")
    return _error(request, error.status_code, "This cannot be done.", str(error.detail))


def _apologise(request: Request, _error_raised: Exception) -> Response:
    return _error(request, 500, "Something went wrong on our side.", "The server's log says what.")


def _error(request: Request, status: int, title: str, message: str, problems: object = ()) -> Response:
    return show(request, "error.html", code=status, title=title, message=message, problems=problems)
