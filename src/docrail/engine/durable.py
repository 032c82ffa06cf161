"""The durable engine knows one thing: a task with one id must be executed by somebody until it returns.

Four operations: enqueue inside a transaction, run, recover (at start), stop. Everything else (documents,
attempts, limits, counters) is in our own rows. The library is DBOS, see docs/decisions.
"""

import threading
from collections.abc import Callable, Mapping

import structlog
from dbos import DBOS, DBOSClient
from sqlalchemy import URL, Connection

from docrail.core.retry import retry_delay

VERSION = "docrail-1"
QUEUE = "docrail"
POLL_SECONDS = 0.25
log = structlog.get_logger()


class Engine:
    """Delivers tasks at least once. `executor` names this worker: its own unfinished tasks come back at start."""

    def __init__(self, url: URL, *, executor: str = "embedded") -> None:
        self._url = url.render_as_string(hide_password=False)
        self._executor = executor
        self._client: DBOSClient | None = None
        self._stopping = threading.Event()

    def prepare(self) -> None:
        """Make the engine's own tables, if they are missing."""
        DBOS.migrate(self._url)

    def enqueue(self, connection: Connection, task: str, key: str) -> None:
        """Hand a task over inside the caller's transaction: it exists exactly if that commits."""
        if self._client is None:
            self._client = DBOSClient(system_database_url=self._url, lazy=True)
        options = {"workflow_name": task, "queue_name": QUEUE, "app_version": VERSION}
        self._client.enqueue_in_transaction(connection, options, key)  # type: ignore[arg-type]  # a TypedDict

    def start(self, tasks: Mapping[str, Callable[[str], None]], *, concurrency: int) -> None:
        """Take tasks from the queue, at most `concurrency` at once, beginning with the interrupted ones."""
        DBOS(
            config={
                "name": "docrail",
                "system_database_url": self._url,
                "application_version": VERSION,
                "executor_id": self._executor,
                "log_level": "CRITICAL",
                "use_listen_notify": False,
            }
        )
        for name, run in tasks.items():
            DBOS.workflow(name=name)(self._until_it_returns(name, run))
        DBOS.listen_queues([QUEUE])
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=concurrency, polling_interval_sec=POLL_SECONDS)

    def stop(self) -> None:
        """Take no more tasks. Those still running are delivered again at the next start."""
        self._stopping.set()
        DBOS.destroy(destroy_registry=True)
        if self._client is not None:
            self._client.destroy()

    def _until_it_returns(self, name: str, run: Callable[[str], None]) -> Callable[[str], None]:
        def deliver(key: str) -> None:
            for attempt in range(1, 1_000_000):
                try:
                    return run(key)
                except Exception as error:
                    log.warning("task_interrupted", task=name, key=key, error=str(error), attempt=attempt)
                    if self._stopping.wait(retry_delay(attempt)):
                        raise
            return None

        deliver.__qualname__ = deliver.__name__ = name
        return deliver
