"""What the body of a request may say: nothing unknown, and every type exactly as the OpenAPI has it."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field


class Asked(BaseModel):
    """A body that says no more than it may: a misspelt name is an error, not a default, and `0` is not `false`."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _written(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("should be a time as text, like 2026-12-31T12:00:00Z")
    return value


Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written)]
"""A time with its zone, written as RFC 3339."""
