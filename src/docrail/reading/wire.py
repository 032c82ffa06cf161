"""What parent and child say to each other: length-prefixed msgpack over two pipes."""

import struct
from typing import BinaryIO

import msgspec

from docrail.core.errors import DocumentError
from docrail.core.model import Layout
from docrail.reading.engines import OcrEngine
from docrail.reading.limits import Limits

HEADER = struct.Struct(">Q")


class Hello(msgspec.Struct, tag=True, frozen=True):
    """Said once, first: the limits and the OCR threads and engine of this child."""

    limits: Limits
    threads: int
    engine: OcrEngine = OcrEngine.RAPIDOCR


class Request(msgspec.Struct, tag=True, frozen=True):
    """Read this file; `filename` is its label."""

    path: str
    filename: str


class RenderRequest(msgspec.Struct, tag=True, frozen=True):
    """Show page `number` (from 1) of this file, `width` pixels wide, turned clockwise by `rotation` degrees."""

    path: str
    number: int
    width: int
    rotation: int


class Rendered(msgspec.Struct, tag=True, frozen=True):
    """The page as a PNG picture."""

    png: bytes


class Success(msgspec.Struct, tag=True, frozen=True):
    """The layout, as read."""

    layout: Layout


class Unpack(msgspec.Struct, tag=True, frozen=True):
    """Say what kind this file is and, if it holds others, hand them over: `most` files and `most_bytes` in all."""

    path: str
    filename: str
    most: int
    most_bytes: int


class Opened(msgspec.Struct, tag=True, frozen=True):
    """The first answer to Unpack."""

    media_type: str


class PartStart(msgspec.Struct, tag=True, frozen=True):
    """A file inside begins; its name is what the container says, to be believed in nothing."""

    name: str


class PartBytes(msgspec.Struct, tag=True, frozen=True):
    """Some bytes of the file that began."""

    data: bytes


class PartEnd(msgspec.Struct, tag=True, frozen=True):
    """The file that began has ended: whole, or with the `code` and `message` of what it cannot be taken for."""

    code: str = ""
    message: str = ""


class Finished(msgspec.Struct, tag=True, frozen=True):
    """The last answer to Unpack, when nothing failed."""


class Failure(msgspec.Struct, tag=True, frozen=True):
    """Why the file could not be read; `is_spent` when the child should not be used again."""

    code: str
    message: str
    retryable: bool = False
    is_spent: bool = False

    def as_error(self) -> DocumentError:
        """The error this failure stands for."""
        return DocumentError(self.message, code=self.code, retryable=self.retryable)


def pack(message: msgspec.Struct) -> bytes:
    """One message with its length in front."""
    body = msgspec.msgpack.encode(message)
    return HEADER.pack(len(body)) + body


def receive(stream: BinaryIO) -> bytes | None:
    """The next message's body, or None when the other side has gone."""
    head = stream.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    (size,) = HEADER.unpack(head)
    body = stream.read(size)
    return body if len(body) == size else None
