"""When a failed attempt is tried again, and how much of a phase may run at once: what a stage says of both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from docrail.core.errors import Problem
from docrail.core.model import Value
from docrail.core.spec_path import suggest

KEYS = ("retry", "limits")
"""The options that every stage with a phase takes."""

MOST_ATTEMPTS = 100


def retry_delay(attempt: int, *, first: float = 0.5, longest: float = 30.0) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1), doubling each time.

    >>> [retry_delay(attempt) for attempt in (1, 2, 3, 99)]
    [0.5, 1.0, 2.0, 30.0]
    """
    return min(longest, first * 2.0 ** min(attempt - 1, 32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often a phase is tried, and how long the waits between are: `first_seconds`, doubled up to the longest."""

    attempts: int = 3
    first_seconds: float = 0.5
    longest_seconds: float = 30.0

    def delay(self, attempt: int) -> float:
        """Seconds to wait after failed attempt number `attempt`."""
        return retry_delay(attempt, first=self.first_seconds, longest=self.longest_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many documents may be in a phase at once, and how many may start it in a second, over all workers."""

    concurrency: int | None = None
    per_second: float | None = None

    @property
    def any(self) -> bool:
        return self.concurrency is not None or self.per_second is not None


USUAL_RETRY, UNLIMITED = Retry(), Limits()
"""What holds where nobody says anything."""


def read_retry(options: Mapping[str, Value], otherwise: Retry) -> Retry:
    """What a checked stage says of retrying; what it leaves out is as in `otherwise`."""
    given = options.get("retry")
    said = given if isinstance(given, Mapping) else {}
    return Retry(
        attempts=_whole(said.get("attempts"), otherwise.attempts),
        first_seconds=_number(said.get("first_seconds"), otherwise.first_seconds),
        longest_seconds=_number(said.get("longest_seconds"), otherwise.longest_seconds),
    )


def read_limits(options: Mapping[str, Value]) -> Limits:
    """What a checked stage says of limits."""
    given = options.get("limits")
    said = given if isinstance(given, Mapping) else {}
    concurrency, per_second = said.get("concurrency"), said.get("per_second")
    return Limits(
        concurrency=concurrency if isinstance(concurrency, int) else None,
        per_second=float(per_second) if isinstance(per_second, int | float) else None,
    )


def check_effort(options: Mapping[str, Value], *, path: str) -> Iterator[Problem]:
    """Every problem of a stage's `retry` and `limits`.

    >>> print(*check_effort({"retry": {"attempts": 0}, "limits": {"per_secnd": 3}}, path="rail[0]"), sep="; ")
    rail[0].retry.attempts: must be a whole number from 1 to 100; rail[0].limits.per_secnd: no option \
'per_secnd'; did you mean 'per_second'?
    """
    for option, keys in _OPTIONS.items():
        said = options.get(option, {})
        if not isinstance(said, Mapping):
            yield Problem(path=f"{path}.{option}", message=f"must be a mapping of {', '.join(keys)}")
            continue
        for key, value in said.items():
            if key not in keys:
                yield Problem(path=f"{path}.{option}.{key}", message=f"no option '{key}'{suggest(key, keys)}")
            elif not keys[key].fits(value):
                yield Problem(path=f"{path}.{option}.{key}", message=keys[key].message)


@dataclass(frozen=True, slots=True)
class _Number:
    message: str
    kinds: tuple[type, ...] = (int, float)
    most: float = float("inf")

    def fits(self, value: Value) -> bool:
        """Whether this is such a number; a boolean is none."""
        return type(value) in self.kinds and isinstance(value, int | float) and 0 < value <= self.most


_ABOVE_0 = _Number("must be a number above 0")
_OPTIONS: Mapping[str, Mapping[str, _Number]] = {
    "retry": {
        "attempts": _Number(f"must be a whole number from 1 to {MOST_ATTEMPTS}", (int,), MOST_ATTEMPTS),
        "first_seconds": _ABOVE_0,
        "longest_seconds": _ABOVE_0,
    },
    "limits": {"concurrency": _Number("must be a whole number above 0", (int,)), "per_second": _ABOVE_0},
}


def _whole(value: Value, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise


def _number(value: Value, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise
