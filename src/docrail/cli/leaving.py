"""Ctrl-C and SIGTERM end a command at once, with a word on how to go on."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SHOW_CURSOR = b"\x1b[?25h"


@contextmanager
def leaving_when_asked(advice: str) -> Iterator[None]:
    """While the block runs, a signal prints `advice` and ends the process with 128 and the signal's number.

    Nothing has to be put in order: whatever is stored is whole, and the rest runs again. Waiting for phases under way
    would only make people press Ctrl-C again.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        cursor = SHOW_CURSOR if sys.stdout.isatty() or sys.stderr.isatty() else b""
        os.write(2, cursor + f"\nStopped. {advice}\n".encode())
        os._exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
