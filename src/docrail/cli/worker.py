"""`docrail worker`: works on whatever is queued."""

import signal
import threading
from types import FrameType

import typer

from docrail.cli.opening import Home, opened
from docrail.usecases.workers import work_until

app = typer.Typer()


@app.command("worker")
def worker(home: Home = None) -> None:
    """Work on whatever is queued until SIGTERM or Ctrl-C.

    Example: docrail worker
    """
    stop = threading.Event()

    def stop_on_signal(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop_on_signal)
    with opened(home) as program:
        work_until(program, stop)
