"""Specs, their parts, and data policies."""

from typing import Any

import msgspec

from docrail.client.values.value import Json, Links, Value


class Spec(Value, frozen=True, kw_only=True):
    """One version of a spec; its `id` is the `schema_id` that a pipeline takes."""

    id: str
    name: str
    version: int
    digest: str
    created_at: str
    links: Links


class WholeSpec(Spec, frozen=True, kw_only=True):
    """A version with what it says, in the shape of the spec file."""

    content: Json


class Schema(Value, frozen=True, kw_only=True):
    """The newest version of a spec, as a schema: its fields."""

    id: str
    name: str
    description: str | None
    version: int
    fields: Json
    created_at: str
    links: Links


class Rail(Value, frozen=True, kw_only=True):
    """The stages of a schema, in order, in one version of it."""

    schema_id: str
    version: int
    stages: tuple[Json, ...]


class Gate(Value, frozen=True, kw_only=True):
    """A gate; its `id` is what the `stage_ids` of a rail may name."""

    id: str
    schema_id: str
    name: str
    checks: tuple[str | dict[str, Any], ...]
    links: Links
    severity: str = "blocking"
    active: bool = True
    fields: tuple[str, ...] = msgspec.field(default=())


class Policy(Value, frozen=True, kw_only=True):
    """One version of a data policy."""

    id: str
    name: str
    version: int
    digest: str
    active: bool
    rules: tuple[Json, ...]
    created_at: str
    links: Links
