"""Answers that are never older than the question, though many who ask at once share one look at the database."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

KEPT = 512
THREADS = 4

_Value = TypeVar("_Value")


class Newest:
    """Reads in threads of its own. `version` tells a number that changes with every commit, or None.

    While the version stays the same, what was read is used again. Otherwise whoever asks waits for a look that begins
    after the question; those who ask during a look share the next one.
    """

    def __init__(self, version: Callable[[], int | None]) -> None:
        self._version = version
        self._kept: OrderedDict[Hashable, tuple[int | None, Any]] = OrderedDict()
        self._next: dict[Hashable, asyncio.Task[Any]] = {}
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="newest")

    async def get(self, key: Hashable, read: Callable[[], _Value]) -> _Value:
        """What `read` answers now; the same `key` means the same question. Raises what `read` raises."""
        version, value = self._kept.get(key, (None, None))
        if version is not None and version == self._version():
            self._kept.move_to_end(key)
            return value  # type: ignore[no-any-return]  # what read answered
        look = self._next.get(key)
        if look is None:
            look = self._next[key] = asyncio.create_task(self._look(key, read))
        return await asyncio.shield(look)

    def close(self) -> None:
        """Read no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _look(self, key: Hashable, read: Callable[[], _Value]) -> _Value:
        before = self._under_way.get(key)
        if before is not None:
            await asyncio.wait([before])
        self._under_way[key] = self._next.pop(key)
        try:
            version = self._version()
            value = await asyncio.get_running_loop().run_in_executor(self._threads, read)
        finally:
            del self._under_way[key]
        self._kept[key] = version, value
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return value
