"""The courier of a worker: sends what is due, again on a ladder of waits, until it arrives or is dead."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from docrail.core.errors import Unavailable
from docrail.core.webhook import make_secret, next_wait, sign
from docrail.delivery.send import SECONDS, send
from docrail.store.clock import read_clock
from docrail.store.database import Database
from docrail.store.webhooks import (
    DEAD,
    DELIVERED,
    PENDING,
    Attempt,
    Delivery,
    claim_due,
    end_attempt,
    has_due,
)

TOGETHER = 8
LOOK_SECONDS = 1.0
IN_HAND_MS = 6 * int(SECONDS * 1000)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Sends from this database with secrets made of `signing_key`; `allowed`: networks that are not public."""

    database: Database
    signing_key: bytes
    allowed: str = ""

    def deliver_due(self) -> int:
        """Send what is due now; how many deliveries that were."""
        with self.database.reading() as connection:
            if not has_due(connection, at=read_clock(connection)):
                return 0
        with self.database.writing() as connection:
            now = read_clock(connection)
            taken = claim_due(connection, at=now, until=now + IN_HAND_MS, limit=TOGETHER)
        with ThreadPoolExecutor(TOGETHER, thread_name_prefix="courier") as threads:
            for _ in threads.map(lambda each: self._deliver(*each), taken):
                pass
        return len(taken)

    def _deliver(self, delivery: Delivery, url: str) -> None:
        sent = send(url, *self._message(delivery), allowed=self.allowed)
        wait = None if sent.arrived else next_wait(delivery.attempts)
        state = DELIVERED if sent.arrived else DEAD if wait is None else PENDING
        with self.database.writing() as connection:
            now = read_clock(connection)
            attempt = Attempt(status=sent.status, error=sent.error, milliseconds=sent.milliseconds, at=now)
            end_attempt(connection, delivery, attempt, state=state, due_at=now + (wait or 0) * 1000)
        if state == DEAD:
            log.warning("webhook_delivery_dead", delivery=delivery.id, webhook=delivery.webhook_id)

    def _message(self, delivery: Delivery) -> tuple[bytes, dict[str, str]]:
        """The body as sent, and the headers that say whose it is."""
        with self.database.reading() as connection:
            seconds = read_clock(connection) // 1000
        body = (
            f'{{"id":"{delivery.id}","type":"{delivery.event}","timestamp":{delivery.created_at},'
            f'"data":{delivery.body}}}'
        ).encode()
        secret = make_secret(self.signing_key, delivery.webhook_id)
        return body, {
            "Content-Type": "application/json",
            "User-Agent": "docrail",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": sign(secret, delivery_id=delivery.id, seconds=seconds, body=body),
        }


@contextmanager
def delivering(courier: Courier) -> Iterator[None]:
    """Deliver beside whatever the block does."""
    leaving = threading.Event()
    thread = threading.Thread(target=_go_round, args=(courier, leaving), name="courier")
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join()


def _go_round(courier: Courier, leaving: threading.Event) -> None:
    while not leaving.is_set():
        try:
            busy = courier.deliver_due() > 0
        except Unavailable:
            busy = False
        except Exception:
            log.exception("courier_failed")
            busy = False
        if not busy:
            leaving.wait(LOOK_SECONDS)
