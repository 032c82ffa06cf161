"""Signing in with a key, and out; the first page."""

import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from docrail.usecases.keys import check_key, hash_secret
from docrail.web.forms import read_form
from docrail.web.render import show
from docrail.web.session import COOKIE, LASTS_SECONDS, Seal


def open_first(_request: Request) -> Response:
    """The page to begin with."""
    return RedirectResponse("/runs", 303)


def ask_key(request: Request) -> Response:
    """Ask for a key."""
    return show(request, "session.html", next=_next(request.query_params.get("next")), failed=False)


async def sign_in(request: Request) -> Response:
    """Exchange a key for a session."""
    form = await read_form(request)
    secret, following = str(form.get("key", "")).strip(), _next(str(form.get("next", "")))
    program = request.state.program
    if await run_in_threadpool(check_key, program, secret) is None:
        return show(request, "session.html", code=401, next=following, failed=True)
    response = RedirectResponse(following, 303)
    seal = Seal(program.settings.home_path)
    response.set_cookie(
        COOKIE,
        seal.make(hash_secret(secret), now=time.time()),
        max_age=LASTS_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


def sign_out(_request: Request) -> Response:
    """End the session."""
    response = RedirectResponse("/session", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


def _next(path: str | None) -> str:
    """A page of ours to go on to, never another site's."""
    ours = bool(path) and str(path).startswith("/") and not str(path).startswith(("//", "/\\"))
    return str(path) if ours else "/runs"


ROUTES = (
    Route("/", open_first),
    Route("/session", ask_key),
    Route("/session", sign_in, methods=["POST"]),
    Route("/session/end", sign_out, methods=["POST"]),
)
