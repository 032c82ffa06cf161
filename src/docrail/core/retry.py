"""When a failed attempt is tried again."""


def retry_delay(attempt: int, *, first: float = 0.5, longest: float = 30.0) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1), doubling each time.

    >>> [retry_delay(attempt) for attempt in (1, 2, 3, 99)]
    [0.5, 1.0, 2.0, 30.0]
    """
    return min(longest, first * 2.0 ** min(attempt - 1, 32))
