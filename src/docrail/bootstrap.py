"""Builds the program from its settings: the only module that knows every part."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from docrail.config import Settings
from docrail.engine.durable import Engine
from docrail.reading.limits import Limits
from docrail.reading.sandbox import Reader
from docrail.store.blobs import Blobs
from docrail.store.database import Database
from docrail.store.keys import workspace_id
from docrail.store.ledger import Ledger
from docrail.store.schema import is_current, migrate
from docrail.workflow import Parts, tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a use case works with. `workspace` is the id of the workspace it acts in."""

    settings: Settings
    database: Database
    blobs: Blobs
    engine: Engine
    workspace: str


@contextmanager
def open_program(settings: Settings) -> Iterator[Program]:
    """The program over its home folder and database, made if they are missing."""
    settings.home_path.mkdir(parents=True, exist_ok=True)
    database = Database(settings.url)
    engine = Engine(database.url)
    try:
        if not is_current(database):
            engine.prepare()
            migrate(database)
        with database.reading() as connection:
            workspace = workspace_id(connection)
        blobs = Blobs(settings.home_path / "blobs")
        yield Program(settings=settings, database=database, blobs=blobs, engine=engine, workspace=workspace)
    finally:
        engine.close()
        database.close()


@contextmanager
def working(program: Program) -> Iterator[bool]:
    """Work on whatever is queued while the block runs. False if another process is the worker already.

    SQLite has one worker: it holds the lock `worker.lock` of the home folder, which the system lets go when the
    process ends, however it ends.
    """
    with _worker_lock(program.settings) as ours:
        if not ours:
            yield False
            return
        cores = os.cpu_count() or 1
        processes = program.settings.processes or cores
        ledger = Ledger(program.database, enqueue=program.engine.enqueue)
        with Reader(
            limits=_limits(program.settings), processes=processes, ocr_engine=program.settings.ocr_engine
        ) as reader:
            parts = Parts(
                database=program.database,
                blobs=program.blobs,
                ledger=ledger,
                reader=reader,
                enqueue=program.engine.enqueue,
                stopping=program.engine.stopping,
            )
            concurrency = program.settings.concurrency or processes + 1
            program.engine.start(tasks(parts), concurrency=concurrency)
            try:
                yield True
            finally:
                program.engine.stop()
                ledger.close()


@contextmanager
def _worker_lock(settings: Settings) -> Iterator[bool]:
    if not settings.embedded:
        yield True
        return
    with (settings.home_path / "worker.lock").open("w") as file:
        yield _locked(file)


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _limits(settings: Settings) -> Limits:
    return Limits(
        bytes=settings.max_file_mb * 1_000_000,
        pages=settings.max_pages,
        seconds=settings.read_seconds,
        memory_mb=settings.read_memory_mb,
    )
