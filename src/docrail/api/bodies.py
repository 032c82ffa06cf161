"""What a request's body may be, decided before it is read: its type, and how large it may grow."""

from fastapi import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docrail.api.problems import problem

JSON_LIMIT = 10_000_000
FILES_IN_A_REQUEST = 20
FILES, SPECS = frozenset({"/v1/documents", "/v1/run", "/v1/extract"}), "/v1/specs"
EXTRACT = "/v1/extract"
CHANGING = frozenset({"POST", "PUT", "PATCH"})


class Bodies:
    """Refuses a body of the wrong type with 415 and one that is too large with 413, however it is sent."""

    def __init__(self, app: ASGIApp, largest_file: int) -> None:
        self._app = app
        self._largest_file = largest_file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in CHANGING:
            await self._app(scope, receive, send)
            return
        limit = self._largest_file * FILES_IN_A_REQUEST if scope["path"] in FILES else JSON_LIMIT
        answer = _refuse(scope, limit) or self._app
        await answer(scope, _counted(receive, limit), send)


def _refuse(scope: Scope, limit: int) -> Response | None:
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    length = headers.get(b"content-length", "0")
    if length.isdecimal() and int(length) > limit:
        return problem(scope, 413, _too_large(limit))
    if length == "0" and b"transfer-encoding" not in headers:
        return None
    media_type = headers.get(b"content-type", "").partition(";")[0].strip().lower()
    wanted = _wanted(scope["path"], media_type)
    if wanted is None:
        return None
    return problem(scope, 415, f"The body must be {wanted}; this is {media_type or 'of no type'}.")


def _wanted(path: str, media_type: str) -> str | None:
    """What the body should have been, if it is not.

    >>> _wanted("/v1/pipelines", "text/plain")
    'JSON (Content-Type: application/json)'
    """
    if path in FILES:
        fits = media_type == "multipart/form-data" or (path == EXTRACT and media_type == "application/json")
        return None if fits else "multipart/form-data with the field `files`"
    if path == SPECS:
        return "JSON or YAML" if media_type.startswith(("multipart/", "image/", "audio/", "video/")) else None
    is_json = media_type == "application/json" or media_type.endswith("+json")
    return None if is_json else "JSON (Content-Type: application/json)"


def _counted(receive: Receive, limit: int) -> Receive:
    """The same body, until it is larger than said."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return counted


def _too_large(limit: int) -> str:
    return f"The body may hold at most {limit / 1_000_000:g} MB; send less at once."
