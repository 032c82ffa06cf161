"""Whether the program can do its work."""

import shutil

from docrail.bootstrap import Program
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


def read_metrics(program: Program) -> Gauges:
    """What operators watch, over every workspace: numbers alone."""
    with program.database.reading() as connection:
        return read_gauges(connection)
