"""`Idempotency-Key` on a POST: the same request again gets the first answer again."""

import asyncio
import hashlib
import re

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docrail.api.problems import problem
from docrail.core.errors import Conflict
from docrail.usecases.idempotency import Answered, Once, OtherRequest, UnderWay

KEY_FORM = re.compile(r"[\x21-\x7e]{1,255}")
NOT_KEPT = frozenset({408, 413, 429})
UPLOAD = "/v1/documents"
FORM = b"multipart/form-data"


class Idempotency:
    """Stands behind the keys: only who may ask at all gets here. Nothing is kept of a request that failed (5xx)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _header(scope, b"idempotency-key")
        if scope["type"] != "http" or scope["method"] != "POST" or not key or "key" not in scope["state"]:
            await self._app(scope, receive, send)
            return
        if not KEY_FORM.fullmatch(key):
            message = "An Idempotency-Key is 1 to 255 printable ASCII characters without spaces."
            await problem(scope, 400, message)(scope, receive, send)
            return
        once = _once(scope, key)
        body = Body(receive, _boundary(scope))
        answer = await self._answer(once, body, scope, receive, send)
        if answer is not None:
            await answer(scope, receive, send)

    async def _answer(
        self, once: Once, body: "Body", scope: Scope, receive: Receive, send: Send
    ) -> Response | None:
        """What to answer instead of the application, or None if it has answered."""
        try:
            before = await run_in_threadpool(once.begin)
            if before is None:
                await self._do(once, body, scope, send)
                return None
            answered = once.again(before, await body.rest())
        except UnderWay as error:
            return problem(scope, 409, str(error), retryable=True, headers={"Retry-After": "1"})
        except OtherRequest as error:
            return problem(scope, 422, str(error))
        except Conflict as error:
            return problem(scope, 409, str(error))
        except HTTPException as error:
            return problem(scope, error.status_code, str(error.detail))
        if answered is None:
            return problem(scope, 409, "Another API key of the workspace used this Idempotency-Key first.")
        return _repeat(answered)

    async def _do(self, once: Once, body: "Body", scope: Scope, send: Send) -> None:
        """Let the application answer, and keep what it says; however it ends, nobody waits for this request."""
        heard = Heard(send)
        kept = False
        try:
            with once.marking():
                await self._app(scope, body.receive, heard.send)
            status = heard.status
            if body.is_whole or await body.ends():
                kept = heard.is_whole and status < 500 and status not in NOT_KEPT
                if kept:
                    await run_in_threadpool(once.keep, body.digest, heard.answered)
        finally:
            if not kept:
                await asyncio.shield(run_in_threadpool(once.forget))
            await heard.release()


class Body:
    """A request's body on its way, with its digest; a form's boundary, which clients draw by lot, is left out of it."""

    def __init__(self, receive: Receive, boundary: bytes) -> None:
        self._receive, self._boundary = receive, boundary
        self._hash = hashlib.sha256()
        self._tail = b""
        self.is_whole = False

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    async def receive(self) -> Message:
        """The next part of the body, seen."""
        message = await self._receive()
        if message["type"] == "http.request" and not self.is_whole:
            self._see(message.get("body", b""))
            if not message.get("more_body", False):
                self._hash.update(self._tail)
                self.is_whole = True
        return message

    async def ends(self) -> bool:
        """Whether the body that the application did not read to its end is at its end."""
        message = await self.receive()
        return self.is_whole and message["type"] == "http.request"

    async def rest(self) -> str:
        """The digest of the body, read to its end. Raises HTTPException if it does not come."""
        while not self.is_whole:
            if (await self.receive())["type"] == "http.disconnect":
                raise HTTPException(400, "The body ended in the middle.")
        return self.digest

    def _see(self, block: bytes) -> None:
        if not self._boundary:
            self._hash.update(block)
            return
        seen = (self._tail + block).replace(self._boundary, b"")
        keep = len(self._boundary) - 1
        self._hash.update(seen[:-keep] if keep else seen)
        self._tail = seen[-keep:] if keep else b""


class Heard:
    """What the application answers: held back at its very end until it is kept, so that who has it can ask again."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._last: Message | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self.status = 500
        self.is_whole = False

    @property
    def answered(self) -> Answered:
        return Answered(status=self.status, headers=self._headers, body=b"".join(self._parts))

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self._headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                self.is_whole, self._last = True, message
                return
        await self._send(message)

    async def release(self) -> None:
        """Send what was held back."""
        if self._last is not None:
            await self._send(self._last)


def _once(scope: Scope, key: str) -> Once:
    target = f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}"
    return Once(
        program=scope["state"]["program"],
        key=key,
        secret=_header(scope, b"authorization"),
        target=target,
        harmless=scope["path"] == UPLOAD,
    )


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope.get("headers", ()) if name == wanted), "")


def _boundary(scope: Scope) -> bytes:
    """The boundary of a form, as its lines begin."""
    media_type = _header(scope, b"content-type")
    found = re.search(r'boundary="?([^";]+)', media_type)
    return f"--{found[1]}".encode("latin-1") if found and media_type.startswith(FORM.decode()) else b""


def _repeat(answered: Answered) -> Response:
    response = Response(answered.body, answered.status)
    response.raw_headers = [*answered.headers, (b"idempotent-replayed", b"true")]
    return response
