"""The same request twice: done once, answered twice. The answer is kept sealed, for the asker alone to open."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from docrail.bootstrap import Program
from docrail.core.errors import Conflict
from docrail.engine.crew import may_live, process_identity
from docrail.store import idempotency
from docrail.store.database import with_writes
from docrail.store.idempotency import CUT, DONE, LANDED, Kept
from docrail.store.ids import now_ms

KEPT_MS = 24 * 3_600_000
LONGEST_MS = 15 * 60_000
"""A request of another machine that has been under way for so long is over."""

CHANGED_ALREADY = (
    "The first request with this Idempotency-Key was cut off after its change was made, before its answer was kept. "
    "Look at what is there before you send it again, with another key."
)
UNDER_WAY = "The first request with this Idempotency-Key is still being answered: ask again in a moment."


class UnderWay(Conflict):
    """The first request is still being answered."""


class OtherRequest(Conflict):
    """The key came with another request before."""


class Answered(msgspec.Struct, frozen=True):
    """An answer as it was sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """One request that is to be done once: `key` of the client, `secret` of its API key, `target` (method and path).

    `harmless`: doing it twice changes no more than once, so that one that was cut off is simply done again.
    """

    program: Program
    key: str
    secret: str = field(repr=False)
    target: str
    harmless: bool = False

    @property
    def hashed(self) -> str:
        """Under what it is kept."""
        return hashlib.sha256(f"{self.key}\0{self.program.workspace}".encode()).hexdigest()

    def begin(self) -> Kept | None:
        """None if this request is now ours to answer, else the one answered before. Raises UnderWay, Conflict."""
        here, now = process_identity(), now_ms()
        place = {"workspace": self.program.workspace, "hashed": self.hashed}
        with self.program.database.writing() as connection:
            before = idempotency.begin_request(
                connection, **place, process=here, at=now, expired=now - KEPT_MS
            )
            if before is None or before.state == DONE:
                return before
            recent = before.state != CUT and now - before.at < LONGEST_MS
            if recent and may_live(before.process, here=here):
                raise UnderWay(UNDER_WAY)
            if before.state in (LANDED, CUT) and not self.harmless:
                raise Conflict(CHANGED_ALREADY)
            if not idempotency.take_over_request(connection, before, **place, process=here, at=now):
                raise UnderWay(UNDER_WAY)
        return None

    @contextmanager
    def marking(self) -> Iterator[None]:
        """Within the block every committed change says that this request changed something."""
        place = {"workspace": self.program.workspace, "hashed": self.hashed}
        token = with_writes.set(lambda connection: idempotency.land_request(connection, **place))
        try:
            yield
        finally:
            with_writes.reset(token)

    def keep(self, request: str, answered: Answered) -> None:
        """Keep the answer to the request whose body has this digest."""
        with self.program.database.writing() as connection:
            idempotency.end_request(
                connection,
                workspace=self.program.workspace,
                hashed=self.hashed,
                request=self._request(request),
                status=answered.status,
                answer=self._seal(msgspec.msgpack.encode(answered)),
            )

    def forget(self) -> None:
        """Let the request come again, unless it changed something."""
        with self.program.database.writing() as connection:
            idempotency.forget_request(connection, workspace=self.program.workspace, hashed=self.hashed)

    def again(self, before: Kept, request: str) -> Answered | None:
        """The first answer, if this is the same request by the same asker. Raises OtherRequest.

        None: another API key of the workspace asked first.
        """
        assert before.request is not None and before.answer is not None  # it is done
        if before.request != self._request(request):
            raise OtherRequest(
                "This Idempotency-Key came with another request before: take a new one for each."
            )
        opened = self._open(before.answer)
        return None if opened is None else msgspec.msgpack.decode(opened, type=Answered)

    def _request(self, digest: str) -> str:
        return hashlib.sha256(f"{self.target}\0{digest}".encode()).hexdigest()

    def _seal(self, text: bytes) -> bytes:
        """Hidden with a keystream and signed, both from secrets that are kept nowhere: the dump of a database tells
        nothing, though an answer may hold a new key."""
        nonce = secrets.token_bytes(16)
        hidden = _xor(text, self._stream(nonce, len(text)))
        return nonce + self._tag(nonce + hidden) + hidden

    def _open(self, sealed: bytes) -> bytes | None:
        nonce, tag, hidden = sealed[:16], sealed[16:48], sealed[48:]
        if not hmac.compare_digest(tag, self._tag(nonce + hidden)):
            return None
        return _xor(hidden, self._stream(nonce, len(hidden)))

    def _stream(self, nonce: bytes, length: int) -> bytes:
        return hashlib.shake_256(self._secret("stream") + nonce).digest(length)

    def _tag(self, signed: bytes) -> bytes:
        return hmac.digest(self._secret("tag"), signed, "sha256")

    def _secret(self, purpose: str) -> bytes:
        return hmac.digest(self.secret.encode(), f"{purpose}\0{self.key}".encode(), "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))
