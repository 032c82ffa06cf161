"""Keeps a phase within its limits over all workers: waits for its moment and its place before it runs."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from docrail.core.plan import PlannedPhase
from docrail.core.retry import UNLIMITED, Limits
from docrail.engine.durable import Stopping
from docrail.store.database import Database
from docrail.store.limits import leave_place, reserve_start, take_place

LOOK_SECONDS = 0.05
LONGEST_LOOK_SECONDS = 1.0
FREE = nullcontext(False)


class Limiter:
    """`by_type`: the limits that the settings give a type of phase, over all runs; a run's own come on top."""

    def __init__(
        self,
        database: Database,
        *,
        worker_id: str,
        stopping: threading.Event,
        by_type: Mapping[str, Limits],
    ) -> None:
        self._database, self._worker_id, self._stopping, self._by_type = (
            database,
            worker_id,
            stopping,
            by_type,
        )

    def limits(self, phase: PlannedPhase, run_id: str) -> list[tuple[str, Limits]]:
        """The limits that hold for a phase of a run, each with the name all workers know it by."""
        if not self._by_type and not phase.limits.any:
            return []
        all_runs = self._by_type.get(phase.type.value, UNLIMITED)
        both = ((f"type/{phase.type}", all_runs), (f"{run_id}/{phase.id}", phase.limits))
        return [(key, limits) for key, limits in both if limits.any]

    def place(self, phase: PlannedPhase, run_id: str) -> AbstractContextManager[bool]:
        """A place in the phase while the block runs; True if there are limits at all. Raises Stopping."""
        held = self.limits(phase, run_id)
        return self.within(held) if held else FREE

    @contextmanager
    def within(self, held: Sequence[tuple[str, Limits]]) -> Iterator[bool]:
        """A place under every one of these limits, each with the name all workers know it by. Raises Stopping."""
        taken: list[tuple[str, int]] = []
        try:
            for key, limits in held:
                if limits.concurrency is not None:
                    taken.append((key, self._wait_for_place(key, limits.concurrency)))
            for key, limits in held:
                if limits.per_second is not None:
                    self._wait_for_moment(key, limits.per_second)
            yield True
        finally:
            for key, place in taken:
                with self._database.writing() as connection:
                    leave_place(connection, key, place, self._worker_id)

    def _wait_for_place(self, key: str, concurrency: int) -> int:
        seconds = LOOK_SECONDS
        while True:
            with self._database.writing() as connection:
                place = take_place(connection, key, self._worker_id, concurrency=concurrency)
            if place is not None:
                return place
            self._wait(seconds)
            seconds = min(2 * seconds, LONGEST_LOOK_SECONDS)

    def _wait_for_moment(self, key: str, per_second: float) -> None:
        with self._database.writing() as connection:
            seconds = reserve_start(connection, key, per_second=per_second)
        self._wait(seconds)

    def _wait(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Stopping
