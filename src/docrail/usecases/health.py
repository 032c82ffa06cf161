"""Whether the program can do its work."""

import shutil
from dataclasses import dataclass

from docrail.bootstrap import Program
from docrail.store.clock import read_clock
from docrail.store.gauges import Gauges, read_gauges
from docrail.store.schema import is_current

LEAST_FREE = 100_000_000
"""Bytes that must be free where the documents are kept."""


def list_missing(program: Program) -> list[str]:
    """What keeps the program from serving, a sentence each. Raises Unavailable if the database does not answer."""
    missing = []
    if not is_current(program.database):
        missing.append("The database has the tables of another version: start docrail on it once.")
    free = shutil.disk_usage(program.settings.home_path).free
    if free < LEAST_FREE:
        missing.append(
            f"The disk of the home folder is full: {free / 1e6:.0f} MB are free, {LEAST_FREE / 1e6:.0f} needed."
        )
    return missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What operators watch: the gauges, tasks that wait, and the age of the oldest of them."""

    gauges: Gauges
    tasks: int
    oldest_seconds: float


def read_metrics(program: Program) -> Watched:
    """What operators watch, over every workspace: numbers alone."""
    with program.database.reading() as connection:
        tasks, oldest = program.engine.waiting(connection)
        age = max(0.0, (read_clock(connection) - oldest) / 1000) if oldest is not None else 0.0
        return Watched(gauges=read_gauges(connection), tasks=tasks, oldest_seconds=age)
