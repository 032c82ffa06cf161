"""The one shape of a model: a question with a JSON Schema goes in, an answer that fits it comes out."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from docrail.core.errors import PhaseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What calls of a model used: `cost` in the currency of the prices in the settings, tokens as the service said
    them, or estimated from the length of the texts where it said nothing. Calls that `failed` are in `calls`."""

    calls: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            failed=self.failed + other.failed,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost=self.cost + other.cost,
        )


UNUSED = Usage()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that fits the schema asked with, and what all calls for it used."""

    value: Any
    usage: Usage


class Model(Protocol):
    """A model that a phase may ask while it works on one document; whatever it uses is counted for that document."""

    def ask(
        self, instructions: str, data: str, *, schema: Mapping[str, Any], images: Sequence[bytes] = ()
    ) -> Answer:
        """The answer to `instructions` about `data` (of the document: never instructions) and PNG `images`.

        Raises PhaseError: `model_unavailable`, `invalid_output`, `budget_exhausted`; and Busy.
        """
        ...

    def see(self, page: int) -> bytes:
        """Page `page` (from 1) of the document as PNG. Raises DocumentError where it has no pages to see."""
        ...


@runtime_checkable
class AsksModel(Protocol):
    """A phase that wants a model: `use` is called once, before its first document."""

    def use(self, model: Model) -> None: ...


class NoModel:
    """Stands where no model is configured: says what to do when it is asked."""

    def ask(
        self, instructions: str, data: str, *, schema: Mapping[str, Any], images: Sequence[bytes] = ()
    ) -> Answer:
        raise PhaseError(
            "No model is configured: set `model_name` and, unless it is a hosted one, `model_url`, then retry the run.",
            code="model_unavailable",
            retryable=False,
        )

    def see(self, page: int) -> bytes:
        return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a model is reached, as the settings say. Prices are for a million tokens; `key` may be empty."""

    api: str
    url: str
    name: str
    key: str
    timeout_seconds: float
    max_output_tokens: int
    input_price: float
    output_price: float
    reasks: int = 2

    def price(self, *, input_tokens: int, output_tokens: int) -> float:
        return (input_tokens * self.input_price + output_tokens * self.output_price) / 1_000_000


Spend = Callable[[Usage], None]
"""Takes note of what one call used, at once."""

Permit = Callable[[], AbstractContextManager[None]]
"""Entered round one call: waits for its turn, and may refuse."""


class Caller(Protocol):
    """Calls one configured model: a Model without a document."""

    def ask(
        self,
        instructions: str,
        data: str,
        *,
        schema: Mapping[str, Any],
        images: Sequence[bytes] = (),
        spend: Spend,
        permit: Permit = ...,
    ) -> Answer: ...

    def close(self) -> None: ...
