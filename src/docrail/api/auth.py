"""Who asks, and whether they may: bearer keys and their scopes, decided before anything of the body is read."""

import time
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from docrail.api.newest import Newest
from docrail.api.problems import problem
from docrail.api.rate import Rate
from docrail.bootstrap import Program
from docrail.store.keys import ApiKey
from docrail.usecases.keys import acting_in, check_key, has_expired, hash_secret

PROTECTED = "/v1/"
ADMIN = "/v1/account/"
TOO_OFTEN = "More than {left.limit} requests in a minute: ask again in {left.seconds} seconds."
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def needed_scope(method: str, path: str) -> str | None:
    """The scope that a request needs; None if it is open to everybody.

    >>> needed_scope("POST", "/v1/pipelines"), needed_scope("GET", "/v1/account/keys")
    ('write', 'admin')
    """
    if not path.startswith(PROTECTED):
        return None
    if path.startswith(ADMIN):
        return "admin"
    return "read" if method in READING else "write"


class Keys:
    """Lets a request pass with the program of its key's workspace in `request.state.program`."""

    def __init__(self, app: ASGIApp, program: Program, newest: Newest, rate: Rate | None = None) -> None:
        self._app = app
        self._program = program
        self._newest = newest
        self._rate = rate or Rate(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["program"] = self._program
        needed = needed_scope(scope["method"], scope["path"])
        answer = None if needed is None else await self._refuse(scope, needed)
        answer = self._count(scope) or answer
        await (answer or self._app)(scope, receive, send)

    def _count(self, scope: Scope) -> Response | None:
        """429 for one who asked too often: by key, else by address. Asking for progress is free."""
        if _is_progress(scope) or not scope["path"].startswith(("/v1/", "/share/")):
            return None
        key, client = scope["state"].get("key"), scope.get("client") or ("",)
        left = self._rate.take(f"key:{key.id}" if key else f"address:{client[0]}")
        if left is None:
            return None
        headers = left.headers(now=time.time())
        scope["state"]["rate_headers"] = [(n.lower().encode(), v.encode()) for n, v in headers.items()]
        return problem(scope, 429, TOO_OFTEN.format(left=left)) if left.refused else None

    async def _refuse(self, scope: Scope, needed: str) -> Response | None:
        """The answer to a request that may not pass; one that may gets its program."""
        secret = _secret(scope)
        key = await self._newest.get(("key", hash_secret(secret)), lambda: check_key(self._program, secret))
        if key is None or has_expired(key):
            return _unauthorized(scope)
        if needed not in key.scopes:
            return _insufficient(scope, needed, key.scopes)
        scope["state"]["program"] = acting_in(self._program, key)
        scope["state"]["key"] = key
        return None


def _is_progress(scope: Scope) -> bool:
    return bool(scope["method"] == "GET" and scope["path"].endswith("/progress"))


def acting_program(request: Request) -> Program:
    """The program as the workspace of the request's key sees it."""
    program = request.state.program
    assert isinstance(program, Program)
    return program


Acting = Annotated[Program, Depends(acting_program)]


def acting_key(request: Request) -> ApiKey:
    """The key of the request: its name is who acts."""
    key = request.state.key
    assert isinstance(key, ApiKey)
    return key


ActingKey = Annotated[ApiKey, Depends(acting_key)]


def _secret(scope: Scope) -> str:
    """What follows `Bearer` in the header; empty if it is missing, given twice or not of that form."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) != 1:
        return ""
    scheme, _, secret = given[0].decode("latin-1").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _unauthorized(scope: Scope) -> Response:
    message = "A valid key is needed: send `Authorization: Bearer dr_…`. `docrail keys create` makes one."
    return problem(scope, 401, message, headers={"WWW-Authenticate": "Bearer"})


def _insufficient(scope: Scope, needed: str, scopes: Sequence[str]) -> Response:
    message = (
        f"This needs a key with scope `{needed}`; yours has {', '.join(f'`{each}`' for each in scopes)}."
    )
    challenge = f'Bearer error="insufficient_scope", scope="{needed}"'
    return problem(scope, 403, message, headers={"WWW-Authenticate": challenge})
