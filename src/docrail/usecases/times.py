"""Times as every face shows them."""

from datetime import UTC, datetime


def iso_time(ms: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC.

    >>> iso_time(1_763_892_000_005)
    '2025-11-23T10:00:00.005Z'
    """
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def maybe_time(ms: int | None) -> str | None:
    """The same for a time that may be missing."""
    return None if ms is None else iso_time(ms)
