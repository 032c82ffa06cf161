"""Drives calls in an event loop."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, TypeVar

import httpx

from docrail.client.connection import answer_of, arguments
from docrail.client.effects import Answer, Effect, Emit, Items, Pause, Read, Request, Send, Steps, emit_result

T = TypeVar("T")


class Awaiting:
    """A link whose answers are awaited."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def run(self, steps: Steps[T]) -> T:
        """The result of a call."""
        async with aclosing(self.iterate(emit_result(steps))) as results:
            return await anext(results)

    async def iterate(self, steps: Items[T]) -> AsyncGenerator[T, None]:
        """The results of a call, one by one; whatever is open is closed at the end, also at an early one."""
        line = _Line(self._http)
        try:
            effect = next(steps)
            while True:
                if isinstance(effect, Emit):
                    yield effect.item
                    effect = next(steps)
                    continue
                try:
                    outcome = await line.do(effect)
                except httpx.RequestError as error:
                    effect = steps.throw(error)
                else:
                    effect = steps.send(outcome)
        except StopIteration:
            return
        finally:
            steps.close()
            await line.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()


class _Line:
    """What one call does, and the answer that it has open."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._response: httpx.Response | None = None
        self._blocks: AsyncIterator[bytes] | None = None

    async def do(self, effect: Effect) -> Any:
        if isinstance(effect, Pause):
            return await asyncio.sleep(effect.seconds)
        if isinstance(effect, Read):
            return await anext(self._blocks, b"") if self._blocks is not None else b""
        if isinstance(effect, Send):
            return answer_of(await self._request(effect.request), whole=True)
        return await self._open(effect.request)

    async def close(self) -> None:
        if self._response is not None:
            await self._response.aclose()

    async def _open(self, request: Request) -> Answer:
        await self.close()
        self._response = response = await self._request(request, stream=True)
        if not response.is_success:
            await response.aread()
        self._blocks = response.aiter_bytes()
        return answer_of(response, whole=not response.is_success)

    async def _request(self, request: Request, *, stream: bool = False) -> httpx.Response:
        made = self._http.build_request(**arguments(request, self._http.timeout))
        return await self._http.send(made, stream=stream)
