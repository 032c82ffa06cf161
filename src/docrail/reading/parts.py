"""What the readers of containers hand over: parts with a name and bytes. Runs inside the child process."""

from collections.abc import Iterable
from dataclasses import dataclass

from docrail.core.errors import DocumentError

BLOCK = 1 << 18

IGNORED = "ignored"
"""The code of a part that is no document of its own: a picture of a signature, a file that a system left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartInside:
    """One file inside another: `blocks` raises DocumentError, before or after some bytes, if it cannot be taken."""

    name: str
    blocks: Iterable[bytes]


def refused(name: str, message: str, *, code: str) -> PartInside:
    """A part that is only named, with why it is not taken."""
    return PartInside(name=name, blocks=_raise(DocumentError(message, code=code)))


def _raise(error: DocumentError) -> Iterable[bytes]:
    raise error
    yield b""
