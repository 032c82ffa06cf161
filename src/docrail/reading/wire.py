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


class Success(msgspec.Struct, tag=True, frozen=True):
    """The layout, as read."""

    layout: Layout


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
