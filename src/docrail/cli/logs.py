"""What the logs of a command look like: warnings only unless told, to standard error, never the value of a cell."""

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog


def configure_logs(level: str = "warning") -> None:
    """Lines for people on a terminal, JSON for everything else."""
    on_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _name_the_exception,
            structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=_logger,
        cache_logger_on_first_use=False,
    )


def _logger(*_names: Any) -> structlog.PrintLogger:
    """Asked for each event, so that a live picture that replaces standard error gets the line above itself."""
    return structlog.PrintLogger(sys.stderr)


def _name_the_exception(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The kind and the place of an exception: its text and its frames may hold what a document says."""
    if event.pop("exc_info", None):
        error = sys.exc_info()[1]
        where = error.__traceback__ if error else None
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        if error is not None and where is not None:
            place = f"{Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}"
            event["exception"] = f"{type(error).__name__} at {place}"
    return event
