"""Who looks at the page, and whether they may: a key exchanged for a signed cookie that ends by itself."""

import hashlib
import hmac
import os
import secrets
import time
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from docrail.api.newest import Newest
from docrail.bootstrap import Program
from docrail.usecases.keys import SCOPES, acting_in, check_hashed, has_expired, is_guarded

COOKIE = "docrail_session"
LASTS_SECONDS = 8 * 3600
READING = frozenset({"GET", "HEAD"})
OPEN_PATHS = ("/session", "/assets/", "/shared/")
ADMIN_PATH = "/settings"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who looks: `name` is what decisions are signed with; `has_key` whether there is a session to end."""

    name: str
    scopes: tuple[str, ...]
    has_key: bool

    def may(self, scope: str) -> bool:
        """Whether this person has the scope."""
        return scope in self.scopes


LOCAL = Visit(name="local", scopes=SCOPES, has_key=False)
"""Whoever sits at the machine, while nobody has made a key."""


class Seal:
    """Signs sessions with a secret of the home folder, so that every server of this instance knows them."""

    def __init__(self, home: Path) -> None:
        self._secret = _read_secret(home / "page.secret")

    def make(self, hashed: str, *, now: float) -> str:
        """The cookie of a session that holds a key's hash until LASTS_SECONDS from `now`."""
        body = f"{hashed}.{int(now) + LASTS_SECONDS}"
        return f"{body}.{self._sign(body)}"

    def open(self, cookie: str, *, now: float) -> str | None:
        """The key's hash; None for a cookie that we did not make or whose time is over."""
        body, _, signature = cookie.rpartition(".")
        hashed, _, until = body.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            return None
        return hashed if int(until) > now else None

    def _sign(self, body: str) -> str:
        return hmac.new(self._secret, body.encode(), hashlib.sha256).hexdigest()


def _read_secret(path: Path) -> bytes:
    """The secret of this instance, made by whoever comes first."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret := secrets.token_bytes(32))
    return secret


class Visitors:
    """Lets a request pass with `visit` and `program` in its state; sends others to sign in, or away."""

    def __init__(self, app: ASGIApp, *, program: Program, newest: Newest, seal: Seal) -> None:
        self._app, self._program, self._newest, self._seal = app, program, newest, seal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        refusal = await self._refuse(request)
        await (refusal or self._app)(scope, receive, send)

    async def _refuse(self, request: Request) -> Response | None:
        request.state.visit, request.state.program = None, self._program
        if request.method not in READING and not is_same_origin(request.headers):
            return _refused("This form was not sent from this page; open the page again and repeat it.")
        if request.url.path.startswith(OPEN_PATHS):
            return None
        visit = await self._visit(request)
        if visit is None:
            return _sign_in(request)
        request.state.visit = visit
        needed = _needed_scope(request)
        if not visit.may(needed):
            return _refused(f"This needs a key with scope {needed}; yours has {', '.join(visit.scopes)}.")
        return None

    async def _visit(self, request: Request) -> Visit | None:
        if await self._is_open(request):
            request.state.program = replace(self._program, actor="page")
            return LOCAL
        hashed = self._seal.open(request.cookies.get(COOKIE, ""), now=time.time())
        if hashed is None:
            return None
        key = await self._newest.get(("page", hashed), lambda: check_hashed(self._program, hashed))
        if key is None or has_expired(key):
            return None
        request.state.program = acting_in(self._program, key)
        return Visit(name=key.name, scopes=key.scopes, has_key=True)

    async def _is_open(self, request: Request) -> bool:
        """Nobody needs a key on the machine itself while none exists; a name that is not the machine's own could be
        another site's that was turned on us."""
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if host not in LOOPBACK or self._program.settings.host not in LOOPBACK:
            return False
        return not await self._newest.get("guarded", lambda: is_guarded(self._program))


def is_same_origin(headers: Headers) -> bool:
    """Whether a page of ours sent this; what does not say so is not believed.

    >>> is_same_origin(Headers({"host": "here:1", "origin": "http://here:1"})), is_same_origin(Headers({}))
    (True, False)
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(headers.get("origin", "")).netloc == headers.get("host")


def _needed_scope(request: Request) -> str:
    if request.url.path.startswith(ADMIN_PATH):
        return "admin"
    return "read" if request.method in READING else "write"


def _sign_in(request: Request) -> Response:
    path = request.url.path
    target = f"/session?next={quote(path)}" if request.method in READING else "/session"
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/session"})
    if "text/event-stream" in request.headers.get("accept", "") or path.endswith(".png"):
        return Response(status_code=401)
    return RedirectResponse(target, 303)


def _refused(message: str) -> Response:
    return Response(message, 403, media_type="text/plain; charset=utf-8")
