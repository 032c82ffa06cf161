"""Ctrl-C and SIGTERM end a command at once, with a word on how to go on."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SHOW_CURSOR = b"\x1b[?25h"
LAST_SECONDS = 1.0


@contextmanager
def leaving_when_asked(advice: str, let_go: Callable[[], None] = lambda: None) -> Iterator[None]:
    """While the block runs, a signal prints `advice` and ends the process with 128 and the signal's number.

    Nothing has to be put in order: whatever is stored is whole, and the rest runs again. Waiting for phases under way
    would only make people press Ctrl-C again. `let_go` is called first and has a second; in a thread, as the one that
    got the signal may be in the middle of anything.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        cursor = SHOW_CURSOR if sys.stdout.isatty() or sys.stderr.isatty() else b""
        os.write(2, cursor + f"\nStopped. {advice}\n".encode())
        last = threading.Thread(target=let_go, daemon=True)
        last.start()
        last.join(LAST_SECONDS)
        os._exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
