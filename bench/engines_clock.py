"""The clock of the engines beside docrail; the standard library only, for it runs in their own venvs."""

import json
import time
from collections.abc import Callable
from typing import Any

POLL_SECONDS = 0.05


def watch(done: Callable[[], int], documents: int, *, limit: float) -> dict[str, Any]:
    """Ask how many documents are done until all are; the rates, counted as `bench/engine.py` counts them.

    Call it right before the workers start. `working` leaves out the time until the first document is seen done. After
    `limit` seconds it counts what is done by then, and says so.
    """
    began = time.monotonic()
    first: float | None = None
    while True:
        time.sleep(POLL_SECONDS)
        count, seconds = done(), time.monotonic() - began
        if first is None and count:
            first = seconds
        if count >= documents or seconds > limit:
            return _rates(count, seconds, first or 0.0) | {"cut": count < documents}


def report(figures: dict[str, Any]) -> None:
    """Hand the figures to `bench/engines.py`: the last line on stdout."""
    print(json.dumps(figures), flush=True)


def _rates(count: int, seconds: float, first: float) -> dict[str, Any]:
    return {
        "documents": count,
        "seconds": round(seconds, 2),
        "first_after_s": round(first, 2),
        "documents_per_second": round(count / seconds, 1),
        "documents_per_second_working": round(count / max(seconds - first, POLL_SECONDS), 1),
    }
