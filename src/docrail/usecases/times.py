"""Times as every face shows them."""

from datetime import UTC, datetime

from docrail.core.errors import InvalidInput, Problem


def iso_time(ms: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC.

    >>> iso_time(1_763_892_000_005)
    '2025-11-23T10:00:00.005Z'
    """
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def read_time(text: str, *, path: str) -> int:
    """Milliseconds since 1970 of an ISO 8601 time with its offset. Raises InvalidInput, naming `path`.

    >>> read_time("2025-11-23T10:00:00.005Z", path="at")
    1763892000005
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        message = f"{text!r} is no time with an offset, like 2026-11-24T10:00:00Z"
        raise InvalidInput(message, (Problem(path=path, message=message),))
    return round(time.timestamp() * 1000)


def maybe_time(ms: int | None) -> str | None:
    """The same for a time that may be missing."""
    return None if ms is None else iso_time(ms)
