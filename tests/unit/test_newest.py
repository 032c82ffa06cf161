"""Answers that are never older than the question: what is shared, and what is not."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from docrail.api.newest import Newest


class Source:
    """A value that changes, with its version if it tells one, and how often it was read."""

    def __init__(self, *, tells: bool) -> None:
        self.value, self.reads, self.tells = 1, 0, tells
        self.gate = threading.Event()
        self.gate.set()

    def version(self) -> int | None:
        return self.value if self.tells else None

    def read(self) -> int:
        self.reads += 1
        value = self.value
        assert self.gate.wait(5)
        return value


def run(test: Callable[[Newest], "asyncio.Future[None]"], source: Source) -> None:
    async def whole() -> None:
        newest = Newest(source.version)
        try:
            await test(newest)
        finally:
            newest.close()

    asyncio.run(whole())


def test_the_same_version_is_read_once() -> None:
    source = Source(tells=True)

    async def test(newest: Newest) -> None:
        assert [await newest.get("key", source.read) for _ in range(3)] == [1, 1, 1]
        assert source.reads == 1
        source.value = 2
        assert await newest.get("key", source.read) == 2

    run(test, source)  # type: ignore[arg-type]  # a coroutine function


def test_without_a_version_every_question_in_turn_is_a_look() -> None:
    source = Source(tells=False)

    async def test(newest: Newest) -> None:
        assert await newest.get("key", source.read) == 1
        source.value = 2
        assert await newest.get("key", source.read) == 2
        assert source.reads == 2

    run(test, source)  # type: ignore[arg-type]


@pytest.mark.parametrize("tells", [True, False])
def test_those_who_ask_during_a_look_share_the_next_one(tells: bool) -> None:
    source = Source(tells=tells)
    source.gate.clear()

    async def test(newest: Newest) -> None:
        first = asyncio.create_task(newest.get("key", source.read))
        while source.reads == 0:
            await asyncio.sleep(0.001)
        source.value = 2  # after the first look began
        others = [asyncio.create_task(newest.get("key", source.read)) for _ in range(50)]
        await asyncio.sleep(0.01)
        source.gate.set()
        assert await first == 1
        assert [await other for other in others] == [2] * 50
        assert source.reads == 2

    run(test, source)  # type: ignore[arg-type]


def test_a_look_that_fails_fails_for_those_who_shared_it_and_for_nobody_else() -> None:
    source = Source(tells=True)

    def fail() -> int:
        raise LookupError("gone")

    async def test(newest: Newest) -> None:
        asked = [asyncio.create_task(newest.get("key", fail)) for _ in range(2)]
        for each in asked:
            with pytest.raises(LookupError):
                await each
        assert await newest.get("key", source.read) == 1

    run(test, source)  # type: ignore[arg-type]


def test_who_leaves_takes_nobody_with_them() -> None:
    source = Source(tells=False)
    source.gate.clear()

    async def test(newest: Newest) -> None:
        leaving = asyncio.create_task(newest.get("key", source.read))
        staying = asyncio.create_task(newest.get("key", source.read))
        while source.reads == 0:
            await asyncio.sleep(0.001)
        leaving.cancel()
        source.gate.set()
        assert await staying == 1

    run(test, source)  # type: ignore[arg-type]
