"""Drives calls in the thread of whoever makes them."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, TypeVar

import httpx

from docrail.client.connection import answer_of, arguments
from docrail.client.effects import Answer, Effect, Emit, Items, Pause, Read, Request, Send, Steps, emit_result

T = TypeVar("T")


class Blocking:
    """A link that answers at once. One may be used by many threads."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def run(self, steps: Steps[T]) -> T:
        """The result of a call."""
        with closing(self.iterate(emit_result(steps))) as results:
            return next(results)

    def iterate(self, steps: Items[T]) -> Generator[T, None, None]:
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
                    outcome = line.do(effect)
                except httpx.RequestError as error:
                    effect = steps.throw(error)
                else:
                    effect = steps.send(outcome)
        except StopIteration:
            return
        finally:
            steps.close()
            line.close()

    def close(self) -> None:
        """Close every connection."""
        self._http.close()


class _Line:
    """What one call does, and the answer that it has open."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._response: httpx.Response | None = None
        self._blocks: Iterator[bytes] = iter(())

    def do(self, effect: Effect) -> Any:
        if isinstance(effect, Pause):
            return time.sleep(effect.seconds)
        if isinstance(effect, Read):
            return next(self._blocks, b"")
        if isinstance(effect, Send):
            return answer_of(self._request(effect.request), whole=True)
        return self._open(effect.request)

    def close(self) -> None:
        if self._response is not None:
            self._response.close()

    def _open(self, request: Request) -> Answer:
        self.close()
        self._response = response = self._request(request, stream=True)
        if not response.is_success:
            response.read()
        self._blocks = response.iter_bytes()
        return answer_of(response, whole=not response.is_success)

    def _request(self, request: Request, *, stream: bool = False) -> httpx.Response:
        made = self._http.build_request(**arguments(request, self._http.timeout))
        return self._http.send(made, stream=stream)
