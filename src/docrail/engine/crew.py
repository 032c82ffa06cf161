"""The workers on one database look after each other: what a dead one held is handed to the others."""

import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from docrail.engine.durable import Engine
from docrail.store.database import Database
from docrail.store.ids import new_id
from docrail.store.workers import (
    Worker,
    add_worker,
    end_sessions,
    forget_worker,
    hold_worker,
    list_workers,
    see_worker,
)

BEATS = 6
"""Signs of life within the time after which a worker counts as dead."""

log = structlog.get_logger()


@contextmanager
def joined(database: Database, engine: Engine, *, take_over_seconds: float, alone: bool) -> Iterator[Worker]:
    """A worker of the crew while the block runs. `alone`: whoever else is put down is dead, as with SQLite's lock."""
    with database.writing() as connection:
        worker = add_worker(connection, new_id(), process_identity())
    patience = 0.0 if alone else take_over_seconds
    _take_over_the_dead(database, engine, worker, patience)
    leaving = threading.Event()
    beat = threading.Thread(
        target=_beat,
        args=(database, engine, worker, patience, take_over_seconds / BEATS, leaving),
        name="crew",
    )
    beat.start()
    try:
        yield worker
    finally:
        leaving.set()
        beat.join()
        engine.hand_back(worker.id)
        with database.writing() as connection:
            forget_worker(connection, worker.id)


def _beat(
    database: Database,
    engine: Engine,
    worker: Worker,
    patience: float,
    seconds: float,
    leaving: threading.Event,
) -> None:
    while not leaving.wait(seconds):
        try:
            with database.writing() as connection:
                see_worker(connection, worker)
            _take_over_the_dead(database, engine, worker, patience)
        except Exception:
            log.exception("crew_beat_failed", worker=worker.id)


def _take_over_the_dead(database: Database, engine: Engine, worker: Worker, patience: float) -> None:
    """Hand back what dead workers held; one recoverer at a time for each of them."""
    with database.reading() as connection:
        others = [(other, ago) for other, ago in list_workers(connection) if other.id != worker.id]
    for other, ago in others:
        if ago < patience and may_live(other.process, here=worker.process):
            continue
        if not database.is_sqlite:
            with database.reading() as connection:
                end_sessions(connection, other.process)
        with database.reading() as connection:
            if not hold_worker(connection, other.id):
                continue
            log.info("taking_over", worker=other.id, process=other.process, silent_for=ago)
            engine.hand_back(other.id)
        with database.writing() as connection:
            forget_worker(connection, other.id)


def process_identity() -> str:
    """Which process of which machine this is: `machine/process id/when it started`."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid())}"


def _machine() -> str:
    """The running system and, in a container, its own view of the processes; the host's name where neither is told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116 - follows the link to the namespace
    except OSError:
        return platform.node()


def _started(process: int) -> str:
    """When a process started, in ticks since the system did; empty where there is no such process, or no telling."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def may_live(process: str, *, here: str) -> bool:
    """False for a process of this machine that is known to have ended; of other machines nobody knows.

    >>> may_live("elsewhere/1/2", here="machine/7/8"), may_live("machine/0/5", here="machine/7/8")
    (True, False)
    """
    machine, number, started = process.split("/")
    if machine != here.split("/")[0] or not started:
        return True
    return _started(int(number)) == started
