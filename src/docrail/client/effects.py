"""What a call wants done: its only contact with the world, so that it is written once for both clients.

A call is a generator of effects. Whoever drives it (`blocking.py`, `awaiting.py`) does each one and sends back what
came of it; `Emit` gives a value to the person who iterates.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from docrail.client.files import Upload

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `patience`: the seconds of silence after which it is lost, if not the usual."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Upload] = ()
    patience: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Send:
    """Gives the whole Answer. Raises httpx.RequestError."""

    request: Request


@dataclass(frozen=True, slots=True)
class Open:
    """Gives the Answer; of a good one the body is not read yet. Raises httpx.RequestError."""

    request: Request


@dataclass(frozen=True, slots=True)
class Read:
    """Gives the next bytes of what was opened last; none at its end. Raises httpx.RequestError."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Gives nothing, after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Emit(Generic[T]):
    """Gives nothing, once the item was taken."""

    item: T


Effect: TypeAlias = Send | Open | Read | Pause
Steps: TypeAlias = Generator[Effect, Any, T]
"""A call with one result."""

Items: TypeAlias = Generator[Effect | Emit[T], Any, None]
"""A call with many results, one after the other."""


def emit_result(steps: Steps[T]) -> Items[T]:
    """The one result, as the only item."""
    result = yield from steps
    yield Emit(result)
