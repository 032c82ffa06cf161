"""The process that reads files one after another for a Reader: `python -m docrail.reading.child PARENT_PID`."""

import gc
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

import msgspec

from docrail.core.errors import DocumentError
from docrail.reading import jail
from docrail.reading.limits import Limits, too_many_bytes
from docrail.reading.read import read_bytes
from docrail.reading.wire import (
    Failure,
    Finished,
    Hello,
    Rendered,
    RenderRequest,
    Request,
    Success,
    Unpack,
    pack,
    receive,
)


def main() -> None:
    """Say nothing on standard output but answers: libraries that print there print to standard error instead."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    hello = receive(requests)
    if hello is None:
        return
    terms = msgspec.msgpack.decode(hello, type=Hello)
    # A layout is hundreds of thousands of small objects without a cycle: collecting often costs a quarter of the time.
    gc.set_threshold(200_000, 20, 100)
    jail.enter(limits=terms.limits, parent=int(sys.argv[1]))
    _serve(requests, answers, terms=terms)


def _serve(requests: BinaryIO, answers: BinaryIO, *, terms: Hello) -> None:
    decoder = msgspec.msgpack.Decoder(Request | RenderRequest | Unpack)
    while (body := receive(requests)) is not None:
        answer = _answer(decoder.decode(body), answers, terms=terms)
        answers.write(_pack(answer))
        answers.flush()


def _answer(
    request: Request | RenderRequest | Unpack, answers: BinaryIO, *, terms: Hello
) -> Success | Rendered | Finished | Failure:
    """The last frame before the pipe: whatever a library raises for a hostile file becomes that file's failure."""
    limits = terms.limits
    try:
        if isinstance(request, Unpack):
            # Loaded late: most children never open a container.
            for said in import_module("docrail.reading.unpack").unpack(request, limits=limits):
                answers.write(pack(said))
            return Finished()
        data = _load(Path(request.path), limits=limits)
        if isinstance(request, RenderRequest):
            return _render(data, request, limits=limits)
        layout = read_bytes(
            data, filename=request.filename, limits=limits, threads=terms.threads, engine=terms.engine
        )
        return Success(layout)
    except DocumentError as error:
        return Failure(code=error.code, message=error.message, retryable=error.retryable)
    except MemoryError:
        return out_of_memory(limits)
    except Exception as error:  # noqa: BLE001  # every reader's library has errors of its own; none may end the child
        if "alloc" in str(error).lower():
            return out_of_memory(limits)
        message = (
            f"The file cannot be read ({type(error).__name__}: {str(error)[:200]}): save or scan it again."
        )
        return Failure(code="unreadable", message=message)


def _render(data: bytes, request: RenderRequest, *, limits: Limits) -> Rendered:
    # Loaded late, like every reader: most children never show a page.
    png: bytes = import_module("docrail.reading.render").render_page(
        data,
        number=request.number,
        width=request.width,
        rotation=request.rotation,
        limits=limits,
    )
    return Rendered(png)


def out_of_memory(limits: Limits) -> Failure:
    """The failure of a file that needs more memory than allowed."""
    message = (
        f"Reading needs more than {limits.memory_mb} MB of memory: split the file or raise read_memory_mb."
    )
    return Failure(code="out_of_memory", message=message, is_spent=True)


def _load(path: Path, *, limits: Limits) -> bytes:
    with path.open("rb") as file:
        data = file.read(limits.bytes + 1)
    if len(data) > limits.bytes:
        raise too_many_bytes(path.stat().st_size, limits=limits)
    return data


def _pack(answer: Success | Rendered | Finished | Failure) -> bytes:
    try:
        return pack(answer)
    except (MemoryError, UnicodeEncodeError) as error:
        message = f"What was read cannot be handed over ({error}): split the file."
        return pack(Failure(code="too_large", message=message, is_spent=True))


if __name__ == "__main__":
    main()
