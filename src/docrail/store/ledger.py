"""The ledger: the only place that writes a document's state, many moves in one commit."""

import threading
import time
from collections.abc import Sequence

import structlog

from docrail.core.state import Move
from docrail.store.database import Database
from docrail.store.moves import apply_moves
from docrail.store.settle import Enqueue

LINGER_SECONDS = 0.005
MOST_WAITING = 8000
log = structlog.get_logger()


class Receipt:
    """What became of the moves that were handed in with it: counted, so that it costs nothing to carry along."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open = 0
        self._late = False
        self._error: Exception | None = None

    @property
    def late(self) -> bool:
        """Whether one of the moves came too late, or could not be committed."""
        return self._late or self._error is not None

    def settle(self) -> bool:
        """Wait until every move is durable; False if one came too late. Raises what kept one from being committed."""
        with self._changed:
            self._changed.wait_for(lambda: self._open == 0)
        if self._error is not None:
            raise self._error
        return not self._late

    def hand_in(self) -> None:
        """Moves are on their way to the ledger."""
        with self._changed:
            self._open += 1

    def end(self, *, late: bool = False, error: Exception | None = None) -> None:
        """Moves handed in together are durable, came too late, or were lost to an error."""
        with self._changed:
            self._open -= 1
            self._late |= late
            self._error = self._error or error
            if self._open == 0:
                self._changed.notify_all()


class Ledger:
    """Gathers the moves of one worker's threads and commits them together, in the order given.

    `shard`: which set of counters is this worker's own.
    """

    def __init__(self, database: Database, *, enqueue: Enqueue, shard: int = 0) -> None:
        self._database = database
        self._enqueue = enqueue
        self.shard = shard
        self._lock = threading.Lock()
        self._given, self._taken = threading.Condition(self._lock), threading.Condition(self._lock)
        self._inbox: list[tuple[Sequence[Move], Receipt]] = []
        self._waiting = 0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def write(self, moves: Sequence[Move], receipt: Receipt) -> None:
        """Hand in moves that follow each other; the receipt tells what becomes of them. Waits while too many do."""
        with self._lock:
            self._taken.wait_for(lambda: self._waiting < MOST_WAITING or self._closed)
            if self._closed:
                raise RuntimeError("this Ledger is closed")
            receipt.hand_in()
            self._inbox.append((moves, receipt))
            self._waiting += len(moves)
            if len(self._inbox) == 1:
                self._given.notify()

    def close(self) -> None:
        """Commit what was handed in, then stop. Whoever hands in more is refused."""
        with self._lock:
            self._closed = True
            self._given.notify()
            self._taken.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._lock:
                self._given.wait_for(lambda: self._inbox or self._closed)
                if not self._inbox:
                    return
            time.sleep(LINGER_SECONDS)
            with self._lock:
                batch, self._inbox, self._waiting = self._inbox, [], 0
                self._taken.notify_all()
            self._commit(batch)

    def _commit(self, batch: Sequence[tuple[Sequence[Move], Receipt]]) -> None:
        """Commit once. An ambiguous commit is not tried again: the chunk is claimed again and finds out."""
        moves = [move for together, _ in batch for move in together]
        try:
            with self._database.writing() as connection:
                late = apply_moves(connection, moves, enqueue=self._enqueue, shard=self.shard)
        except Exception as error:  # noqa: BLE001 - whatever it is reaches every waiting phase through its receipt
            log.warning("commit_failed", moves=len(moves), error=type(error).__name__)
            for _, receipt in batch:
                receipt.end(error=error)
            return
        number = 0
        for together, receipt in batch:
            receipt.end(late=not late.isdisjoint(range(number, number + len(together))) if late else False)
            number += len(together)
