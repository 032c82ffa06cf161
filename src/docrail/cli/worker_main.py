"""The worker process of `docrail serve`: settings from the environment, ends with the process that started it.

Its standard input is a pipe that nobody writes to: it closes when the other end's process ends, however it ends.
"""

import os
import signal
import sys
import threading
from types import FrameType

from docrail.bootstrap import open_program
from docrail.cli.logs import configure_logs
from docrail.config import read_settings
from docrail.usecases.workers import work_until

GRACE_SECONDS = 10.0


def main() -> None:
    """Work until SIGTERM, or until standard input closes."""
    settings = read_settings()
    configure_logs(settings.log_level)
    stop = threading.Event()

    def stop_on_signal(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stop_on_signal)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which then stops its worker
    threading.Thread(target=_end_with_parent, args=(stop,), daemon=True).start()
    with open_program(settings) as program:
        work_until(program, stop)


def _end_with_parent(stop: threading.Event) -> None:
    """What is not finished in time runs again at the next start: nothing is lost by leaving at once."""
    os.read(sys.stdin.fileno(), 1)  # not through the buffer, whose lock would stop the interpreter's end
    stop.set()
    threading.Event().wait(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
