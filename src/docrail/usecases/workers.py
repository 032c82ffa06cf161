"""What a worker does: work on whatever is queued, until it is told to stop."""

import threading

from docrail.bootstrap import Program, working

TURN_SECONDS = 1.0


def work_until(program: Program, stop: threading.Event) -> None:
    """Work until `stop` is set; while another process has the worker's lock, wait for its end first."""
    while not stop.is_set():
        with working(program) as ours:
            if ours:
                stop.wait()
                return
        stop.wait(TURN_SECONDS)
