"""Waiting for a run to change: one look at the database a run and tick, however many clients wait."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from docrail.bootstrap import Program
from docrail.usecases.pipelines import get_revision

TICK = 0.2
READERS = 2


@dataclass(slots=True)
class _Watch:
    waiters: dict[asyncio.Future[None], int] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


class Watcher:
    """Tells who waits when a run's revision is no longer the one they know."""

    def __init__(self, read: Callable[[Program, str], int] = get_revision) -> None:
        self._read = read
        self._watches: dict[str, _Watch] = {}
        self.stopping = False
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="watch")

    async def changed(self, program: Program, run_id: str, *, known: int, seconds: float) -> bool:
        """Wait until the revision is not `known`; False if it still is after so many seconds."""
        if self.stopping:
            return False
        watch = self._watches.setdefault(run_id, _Watch())
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        watch.waiters[future] = known
        if watch.task is None:
            watch.task = asyncio.create_task(self._look(program, run_id, watch))
        try:
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return False
        finally:
            watch.waiters.pop(future, None)
        return not self.stopping

    def stop(self) -> None:
        """Nobody waits any more: whoever does is told now, as if time were over."""
        self.stopping = True
        for watch in self._watches.values():
            for future in watch.waiters:
                if not future.done():
                    future.set_result(None)

    def close(self) -> None:
        """Stop looking."""
        for watch in self._watches.values():
            if watch.task is not None:
                watch.task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _look(self, program: Program, run_id: str, watch: _Watch) -> None:
        loop = asyncio.get_running_loop()
        try:
            while watch.waiters:
                revision = await loop.run_in_executor(self._threads, self._read, program, run_id)
                for future, known in watch.waiters.items():
                    if known != revision and not future.done():
                        future.set_result(None)
                await asyncio.sleep(TICK)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
            for future in watch.waiters:
                if not future.done():
                    future.set_exception(error)
        finally:
            del self._watches[run_id]
