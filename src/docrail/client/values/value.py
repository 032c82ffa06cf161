"""What all values of answers have in common."""

from typing import Any

import msgspec

Json = dict[str, Any]
"""A JSON object whose keys depend on the document, the spec or the policy."""

Links = dict[str, str]
"""Paths of what belongs to it, by name."""


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A value that cannot be changed. What it does not know of an answer it leaves out."""


class CamelValue(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A value whose keys are in camel case on the wire, as those of progress are."""
