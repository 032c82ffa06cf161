"""Connections of clients that are too slow to be clients: those are closed, and cost nothing until then."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 15.0
"""From the first byte of a request (or the connection) to the end of its headers."""
STALL_SECONDS = 60.0
"""How long a client may leave what it asked for unread, once 64 KB of it wait."""


class Patient(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with an end to waiting for headers and for a reader that does not read."""

    header_seconds, stall_seconds = HEADER_SECONDS, STALL_SECONDS
    _headers_due: asyncio.TimerHandle | None = None
    _reading_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_are_here()
        self._is_read()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._headers_due is None and (self.cycle is None or self.cycle.response_complete):
            self._expect_headers()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._headers_are_here()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._is_read()
        self._reading_due = self.loop.call_later(self.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._is_read()
        super().resume_writing()

    def _expect_headers(self) -> None:
        self._headers_due = self.loop.call_later(self.header_seconds, self.transport.abort)

    def _headers_are_here(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _is_read(self) -> None:
        if self._reading_due is not None:
            self._reading_due.cancel()
            self._reading_due = None
