"""Downloads: straight to the disk or to whatever takes bytes, never whole in memory."""

import os
from pathlib import Path
from typing import BinaryIO, TypeAlias

import httpx

from docrail.client.asking import ask, pause_before
from docrail.client.effects import Pause, Read, Request, Steps
from docrail.client.errors import unreachable

Target: TypeAlias = str | os.PathLike[str] | BinaryIO
"""A path, or an open binary file."""

TRIES = 3


def download(request: Request, target: Target) -> Steps[int]:
    """Write a body to the target; how many bytes it has.

    A file at a path is there when it is whole, and never in part; what breaks in the middle is begun again. Into an
    open file it is written once. Raises ApiError.
    """
    try:
        if isinstance(target, str | os.PathLike):
            return (yield from _to_path(request, Path(target)))
        return (yield from _write(request, target))
    except httpx.RequestError as error:
        raise unreachable(error, request) from error


def _to_path(request: Request, path: Path) -> Steps[int]:
    part = path.with_name(f"{path.name}.part")
    for attempt in range(1, TRIES + 1):
        try:
            with part.open("wb") as file:
                size = yield from _write(request, file)
            part.replace(path)
            return size
        except httpx.RequestError:
            if attempt == TRIES:
                raise
        finally:
            part.unlink(missing_ok=True)
        yield Pause(pause_before(attempt, None))
    raise AssertionError("the last attempt returns or raises")


def _write(request: Request, file: BinaryIO) -> Steps[int]:
    yield from ask(request, stream=True)
    size = 0
    while block := (yield Read()):
        file.write(block)
        size += len(block)
    return size
