"""The ledger: the only place that writes a document's state, many moves in one commit."""

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

import structlog

from docrail.core.state import Move
from docrail.store.database import Database
from docrail.store.moves import apply_moves
from docrail.store.settle import Enqueue

LINGER_SECONDS = 0.005
LARGEST_COMMIT = 2000
log = structlog.get_logger()


class Ledger:
    """Gathers the moves of one worker's threads and commits them together, in the order given."""

    def __init__(self, database: Database, *, enqueue: Enqueue, shard: int = 0) -> None:
        self._database = database
        self._enqueue = enqueue
        self._shard = shard
        self._inbox: queue.Queue[tuple[Move, Future[bool]] | None] = queue.Queue(maxsize=4 * LARGEST_COMMIT)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def write(self, move: Move) -> "Future[bool]":
        """Hand in a move; the future tells, once it is durable, whether it landed (False: it came too late)."""
        future: Future[bool] = Future()
        if self._closed.is_set():
            raise RuntimeError("this Ledger is closed")
        self._inbox.put((move, future))
        return future

    def close(self) -> None:
        """Commit what was handed in, then stop. Nobody may hand in moves meanwhile."""
        self._closed.set()
        self._inbox.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._inbox.get()) is not None:
            batch = [first]
            stop = self._gather(batch)
            self._commit(batch)
            if stop:
                return

    def _gather(self, batch: list[tuple[Move, Future[bool]]]) -> bool:
        """Fill the batch with what comes within the linger; True when told to stop."""
        deadline = time.monotonic() + LINGER_SECONDS
        while len(batch) < LARGEST_COMMIT:
            try:
                entry = self._inbox.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                return False
            if entry is None:
                return True
            batch.append(entry)
        return False

    def _commit(self, batch: Sequence[tuple[Move, Future[bool]]]) -> None:
        """Commit once. An ambiguous commit is not tried again: the chunk is claimed again and finds out."""
        moves = [move for move, _ in batch]
        try:
            with self._database.writing() as connection:
                late = apply_moves(connection, moves, enqueue=self._enqueue, shard=self._shard)
        except Exception as error:  # noqa: BLE001 - whatever it is reaches every waiting phase through its future
            log.warning("commit_failed", moves=len(moves), error=type(error).__name__)
            for _, future in batch:
                future.set_exception(error)
            return
        for number, (_, future) in enumerate(batch):
            future.set_result(number not in late)
