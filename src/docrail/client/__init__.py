"""The client of a docrail server, for programs: `Client`, and `AsyncClient` whose calls are awaited.

    with Client() as client:  # DOCRAIL_URL and DOCRAIL_KEY
        pipeline = client.run(["invoice.pdf"], Path("invoice.yaml"))
        for progress in client.pipelines.watch(pipeline.id):
            ...

It needs httpx and msgspec, and nothing of the server.
"""

from types import TracebackType
from typing import Self

import httpx

from docrail.client.api import Api
from docrail.client.awaiting import Awaiting
from docrail.client.blocking import Blocking
from docrail.client.connection import settings
from docrail.client.errors import (
    ApiError,
    Conflict,
    Detail,
    InsufficientScope,
    InvalidInput,
    NotFound,
    RateLimited,
    ServerError,
    Unauthorized,
    Unavailable,
)
from docrail.client.values.progress import Progress
from docrail.client.values.reviews import Resolution
from docrail.client.webhook import Event, UnsignedEvent, verify_webhook

__all__ = [
    "ApiError",
    "AsyncClient",
    "Client",
    "Conflict",
    "Detail",
    "Event",
    "InsufficientScope",
    "InvalidInput",
    "NotFound",
    "Progress",
    "RateLimited",
    "Resolution",
    "ServerError",
    "Unauthorized",
    "Unavailable",
    "UnsignedEvent",
    "verify_webhook",
]


class Client(Api[Blocking]):
    """Asks a server and waits for the answer. `base_url` and `key` come from DOCRAIL_URL and DOCRAIL_KEY unless given;
    `timeout`: seconds without a sign of the server. One client may be used by many threads."""

    def __init__(
        self,
        base_url: str | None = None,
        key: str | None = None,
        *,
        timeout: float | None = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        http = httpx.Client(**settings(base_url, key, timeout), transport=transport)
        self._url = http.base_url
        super().__init__(Blocking(http))

    def close(self) -> None:
        """Close every connection."""
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._url!r})"


class AsyncClient(Api[Awaiting]):
    """Asks a server in an event loop: `await` what gives one value, `async for` what gives many."""

    def __init__(
        self,
        base_url: str | None = None,
        key: str | None = None,
        *,
        timeout: float | None = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        http = httpx.AsyncClient(**settings(base_url, key, timeout), transport=transport)
        self._url = http.base_url
        super().__init__(Awaiting(http))

    async def close(self) -> None:
        """Close every connection."""
        await self._link.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient({self._url!r})"
