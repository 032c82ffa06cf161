"""Whether the program can do its work."""

from docrail.bootstrap import Program
from docrail.store.gauges import Gauges, read_gauges
from docrail.store.schema import is_current


def is_ready(program: Program) -> bool:
    """Whether the database has the tables of this version; raises if it does not answer at all."""
    return is_current(program.database)


def read_metrics(program: Program) -> Gauges:
    """What operators watch, over every workspace: numbers alone."""
    with program.database.reading() as connection:
        return read_gauges(connection)
