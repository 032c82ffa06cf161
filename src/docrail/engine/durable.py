"""The durable engine knows one thing: a task with one id must be executed by somebody until it returns.

Four operations: enqueue inside a transaction, run, hand back (what a dead worker held), stop. Everything else
(documents, attempts, limits, counters) is in our own rows. The library is DBOS, see docs/decisions.
"""

import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import structlog
from dbos import DBOS, DBOSClient
from sqlalchemy import URL, Connection, column, func, literal_column, select, table

from docrail.core.retry import retry_delay
from docrail.store.database import library_engine

VERSION = "docrail-1"
QUEUE = "docrail"
POLL_SECONDS = 0.25
log = structlog.get_logger()
# Else the library writes to what standard error was when the first engine began, and that may be closed since.
logging.getLogger("dbos").addHandler(logging.NullHandler())


class Stopping(BaseException):
    """The worker stops and the task is not done. Not an Exception: those the library would keep as the task's end."""


class Engine:
    """Delivers tasks at least once."""

    def __init__(self, url: URL) -> None:
        self._url = url.render_as_string(hide_password=False)
        self._library_engine = library_engine(url)
        self._client = DBOSClient(
            system_database_url=self._url, system_database_engine=self._library_engine, lazy=True
        )
        self.stopping = threading.Event()
        self._idle = threading.Condition()
        self._busy = 0

    def prepare(self) -> None:
        """Make the engine's own tables, if they are missing."""
        DBOS.migrate(self._url)

    def enqueue(self, connection: Connection, task: str, key: str) -> None:
        """Hand a task over inside the caller's transaction: it exists exactly if that commits."""
        options = {"workflow_name": task, "queue_name": QUEUE, "app_version": VERSION}
        self._client.enqueue_in_transaction(connection, options, key)  # type: ignore[arg-type]  # a TypedDict

    def start(
        self, tasks: Mapping[str, Callable[[str], None]], *, concurrency: int, worker: str, ahead: int
    ) -> None:
        """Take tasks from the queue as `worker` (an id nobody had before), at most `concurrency` at once.

        The library looks for tasks only now and then, so it takes `ahead` times as many as are worked on at once, and
        the next one is at hand when a place gets free.
        """
        DBOS(
            config={
                "name": "docrail",
                "system_database_url": self._url,
                "system_database_engine": self._library_engine,
                "application_version": VERSION,
                "executor_id": worker,
                "log_level": "CRITICAL",
                "use_listen_notify": False,
                "notification_listener_polling_interval_sec": POLL_SECONDS
                / 4,  # what a stop waits for; it asks no database
            }
        )
        places = threading.Semaphore(concurrency)
        for name, run in tasks.items():
            DBOS.workflow(name=name)(self._until_it_returns(name, run, places))
        DBOS.listen_queues([QUEUE])
        # Before the launch, or the new queue is noticed a second later.
        self._client.register_queue(
            QUEUE, worker_concurrency=ahead * concurrency, polling_interval_sec=POLL_SECONDS
        )
        DBOS.launch()

    def stop(self) -> None:
        """Take no more tasks and wait until those under way have left; `hand_back` delivers them again."""
        self.stopping.set()
        with self._idle:
            self._idle.wait_for(lambda: self._busy == 0)
        DBOS.destroy(destroy_registry=True)
        self.stopping.clear()

    def hand_back(self, worker: str) -> None:
        """Put the unfinished tasks of a worker that is no more back in the queue."""
        held = self._client.list_workflows(
            status="PENDING", executor_id=worker, load_input=False, load_output=False
        )
        if held:
            self._client.resume_workflows([each.workflow_id for each in held], queue_name=QUEUE)

    def waiting(self, connection: Connection) -> tuple[int, int | None]:
        """How many tasks nobody has taken yet, and when the oldest came, in milliseconds since 1970."""
        queued = table(
            "workflow_status",
            *(column(name) for name in ("queue_name", "status", "created_at")),
            schema=None if connection.dialect.name == "sqlite" else "dbos",
        ).c
        query = select(func.count(), func.min(queued.created_at)).where(
            queued.queue_name == literal_column(f"'{QUEUE}'"), queued.status == literal_column("'ENQUEUED'")
        )
        n, oldest = connection.execute(query).one()
        return int(n), oldest

    def close(self) -> None:
        """Let go of the database."""
        self._client.destroy()
        if self._library_engine is not None:
            self._library_engine.dispose()

    def _until_it_returns(
        self, name: str, run: Callable[[str], None], places: threading.Semaphore
    ) -> Callable[[str], None]:
        def deliver(key: str) -> None:
            with self._counted(), places:
                for attempt in itertools.count(1):
                    if self.stopping.is_set():
                        raise Stopping
                    try:
                        run(key)
                    except Exception:
                        log.exception("task_interrupted", task=name, key=key, attempt=attempt)
                        self.stopping.wait(retry_delay(attempt))
                    else:
                        return

        deliver.__qualname__ = deliver.__name__ = name
        return deliver

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._idle:
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()
