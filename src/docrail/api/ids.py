"""Ids in paths: a malformed one is as unknown as any other that does not exist."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from docrail.core.errors import NotFound

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def known_form(value: str) -> str:
    """The id, if it is one at all. Raises NotFound."""
    if not _UUID.fullmatch(value):
        raise NotFound("not an id")
    return value


PathId = Annotated[str, AfterValidator(known_form)]
Text = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
"""Text in a body or a query that may be looked up: of a sane length, without the character no database takes."""
