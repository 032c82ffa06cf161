"""Cursors: where a page ended, in a form that says nothing and stays valid while rows are added."""

import base64
import binascii

from docrail.core.errors import InvalidInput, Problem

PREFIX = "1:"


def write_cursor(after: str | int | None) -> str | None:
    """The cursor that leads on after this key; None at the end.

    >>> read_cursor(write_cursor("0193"))
    '0193'
    """
    if after is None:
        return None
    return base64.urlsafe_b64encode(f"{PREFIX}{after}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> str | None:
    """The key a cursor leads on after. Raises InvalidInput for one that we never wrote."""
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith(PREFIX):
        raise _not_ours()
    return text.removeprefix(PREFIX)


def cursor_number(key: str | None, *, default: int) -> int:
    """A key that is a number. Raises InvalidInput for the key of another list."""
    if key is None:
        return default
    if not (key.isascii() and key.isdecimal()):
        raise _not_ours()
    return int(key)


def _not_ours() -> InvalidInput:
    message = "not a cursor of this list: take `next_cursor` of the page before, or leave it out"
    return InvalidInput("the cursor cannot be used", (Problem(path="cursor", message=message),))
