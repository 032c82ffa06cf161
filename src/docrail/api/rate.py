"""How many requests a key may make in a minute, counted in this process."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_SECONDS = 60
KEPT = 10_000
"""Askers remembered at once; whoever was not seen for longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Left:
    """What an asker has left: `limit` a minute, `remaining` of them, all again in `seconds`."""

    limit: int
    remaining: int
    seconds: int
    refused: bool

    def headers(self, *, now: float) -> dict[str, str]:
        """The `X-RateLimit-*` of an answer; `Reset` in seconds since 1970."""
        said = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(int(now) + self.seconds),
        }
        return said | ({"Retry-After": str(self.seconds)} if self.refused else {})


class Rate:
    """So many requests in each minute that begins with an asker's first one; 0: any."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, asker: str) -> Left | None:
        """Count one request; None while nothing is limited."""
        if not self._limit:
            return None
        now = self._clock()
        began, used = self._windows.pop(asker, (now, 0))
        if now - began >= WINDOW_SECONDS:
            began, used = now, 0
        refused = used >= self._limit
        used += not refused
        self._windows[asker] = (began, used)
        while len(self._windows) > KEPT:
            self._windows.popitem(last=False)
        seconds = max(1, round(began + WINDOW_SECONDS - now))
        return Left(self._limit, self._limit - used, seconds, refused)
