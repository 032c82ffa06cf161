"""Builds the program from its settings: the only module that knows every part."""

import ctypes
import fcntl
import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

from docrail.config import Settings
from docrail.core.retry import Limits
from docrail.delivery.courier import Courier, delivering
from docrail.desk import Office
from docrail.engine.crew import joined, process_identity
from docrail.engine.durable import Engine
from docrail.engine.limiter import Limiter
from docrail.learning import learning_tasks
from docrail.models.protocol import Access
from docrail.reading.limits import Limits as ReadingLimits
from docrail.reading.sandbox import Reader
from docrail.rework import review_tasks
from docrail.store.blobs import Blobs
from docrail.store.database import Database
from docrail.store.keys import workspace_id
from docrail.store.ledger import Ledger
from docrail.store.schema import is_current, migrate
from docrail.store.signing import signing_key
from docrail.store.workers import Worker, session_name
from docrail.workflow import Parts, tasks

M_ARENA_MAX = -8
AHEAD_ALONE, AHEAD_TOGETHER = 16, 4
"""How many times the chunks that a worker works on it takes from the queue: fewer when others could have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a use case works with. `workspace` is the id of the workspace it acts in; `reader` opens what comes
    in; `actor` is who acts, for the audit trail: `command line`, `key:<id>`."""

    settings: Settings
    database: Database
    blobs: Blobs
    engine: Engine
    workspace: str
    reader: Reader = field(default_factory=Reader)
    actor: str = "command line"


@contextmanager
def open_program(settings: Settings) -> Iterator[Program]:
    """The program over its home folder and database, made if they are missing."""
    settings.home_path.mkdir(parents=True, exist_ok=True)
    database = Database(settings.url, session=session_name(process_identity()))
    engine = Engine(database.url)
    try:
        if not is_current(database):
            engine.prepare()
            migrate(database)
        with database.reading() as connection:
            workspace = workspace_id(connection)
        blobs = Blobs(settings.home_path / "blobs")
        blobs.sweep(now=time.time())
        with make_reader(settings) as reader:
            yield Program(
                settings=settings,
                database=database,
                blobs=blobs,
                engine=engine,
                workspace=workspace,
                reader=reader,
            )
    finally:
        engine.close()
        database.close()


@contextmanager
def working(program: Program) -> Iterator[Worker | None]:
    """Work on whatever is queued while the block runs, as the worker yielded; None if another process is the only one.

    SQLite has one worker: it holds the lock `worker.lock` of the home folder, which the system lets go when the
    process ends, however it ends.
    """
    with _worker_lock(program.settings) as ours:
        if not ours:
            yield None
            return
        _spare_memory_work()
        settings, database, engine = program.settings, program.database, program.engine
        concurrency = settings.concurrency or _processes(settings) + 1
        crew = joined(database, engine, take_over_seconds=settings.take_over_seconds, alone=settings.embedded)
        with make_reader(settings) as reader, crew as worker:
            ledger = Ledger(database, enqueue=engine.enqueue, shard=worker.shard)
            limiter = Limiter(
                database, worker_id=worker.id, stopping=engine.stopping, by_type=settings.phase_limits
            )
            office = make_office(program, reader, limiter)
            parts = Parts(
                database=database,
                blobs=program.blobs,
                ledger=ledger,
                reader=reader,
                limiter=limiter,
                office=office,
                enqueue=engine.enqueue,
                stopping=engine.stopping,
                worker_id=worker.id,
            )
            ahead = AHEAD_ALONE if settings.embedded else AHEAD_TOGETHER
            work = tasks(parts) | review_tasks(parts) | learning_tasks(parts)
            engine.start(work, concurrency=concurrency, worker=worker.id, ahead=ahead)
            try:
                with delivering(_courier(program)):
                    yield worker
            finally:
                engine.stop()
                ledger.close()
                if office is not None:
                    office.client.close()


def _courier(program: Program) -> Courier:
    settings = program.settings
    key = signing_key(settings.home_path, settings.signing_secret)
    return Courier(database=program.database, signing_key=key, allowed=settings.webhook_networks)


def make_reader(settings: Settings, *, processes: int | None = None) -> Reader:
    """A reader as the settings say, of so many processes, started when first needed. Close it at the end."""
    return Reader(
        limits=_limits(settings),
        processes=processes or _processes(settings),
        ocr_engine=settings.ocr_engine,
    )


def make_office(program: Program, reader: Reader, limiter: Limiter) -> Office | None:
    """What asks the model that the settings name; None if they name none. Its key is read from the environment."""
    settings = program.settings
    if not settings.model_name:
        return None
    from docrail.models.client import Client  # noqa: PLC0415 - the HTTP library takes 0.1 s, for those who have a model

    access = Access(
        api=settings.model_api,
        url=settings.model_url,
        name=settings.model_name,
        key=os.environ.get(settings.model_key_variable, ""),
        timeout_seconds=settings.model_timeout_seconds,
        max_output_tokens=settings.model_output_tokens,
        input_price=settings.model_input_price,
        output_price=settings.model_output_price,
    )
    return Office(
        client=Client(access),
        model=settings.model_name,
        limits=Limits(concurrency=settings.model_concurrency, per_second=settings.model_per_second or None),
        limiter=limiter,
        database=program.database,
        blobs=program.blobs,
        reader=reader,
        budget=settings.model_budget,
        budget_tokens=settings.model_budget_tokens,
    )


def _spare_memory_work() -> None:
    """What the program is made of stays, so the collector need not look at it again and again.

    The C library of Linux gives threads heaps of their own that never shrink: two are enough for all of ours.
    """
    gc.freeze()
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


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


def _processes(settings: Settings) -> int:
    return settings.processes or os.cpu_count() or 1


def _limits(settings: Settings) -> ReadingLimits:
    return ReadingLimits(
        bytes=settings.max_file_mb * 1_000_000,
        pages=settings.max_pages,
        pixels=settings.max_megapixels * 1_000_000,
        expanded_bytes=settings.max_expanded_mb * 1_000_000,
        expansion_ratio=settings.max_expansion_ratio,
        entries=settings.max_archive_entries,
        archive_depth=settings.max_archive_depth,
        nesting=settings.max_nested_mails,
        cells=settings.max_cells,
        characters=settings.max_characters,
        seconds=settings.read_seconds,
        memory_mb=settings.read_memory_mb,
    )
