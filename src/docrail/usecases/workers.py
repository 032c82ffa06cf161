"""What a worker does: work on whatever is queued, until it is told to stop."""

import threading

from docrail.bootstrap import Program, working
from docrail.store import workers
from docrail.store.workers import Worker

TURN_SECONDS = 1.0


def work_until(program: Program, stop: threading.Event) -> None:
    """Work until `stop` is set; while another process has the worker's lock, wait for its end first."""
    while not stop.is_set():
        with working(program) as ours:
            if ours:
                stop.wait()
                return
        stop.wait(TURN_SECONDS)


def let_go(program: Program, worker: Worker) -> None:
    """A worker that is about to end at once lets go of what it holds, so that nobody takes that for a crash."""
    with program.database.writing() as connection:
        workers.let_go(connection, worker.id)
