"""The process that reads files one after another for a Reader: `python -m docrail.reading.child PARENT_PID`."""

import gc
import os
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from docrail.core.errors import DocumentError
from docrail.reading import jail
from docrail.reading.limits import Limits, too_many_bytes
from docrail.reading.read import read_bytes
from docrail.reading.wire import Failure, Hello, Request, Success, pack, receive


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
    decoder = msgspec.msgpack.Decoder(Request)
    while (body := receive(requests)) is not None:
        answer = _answer(decoder.decode(body), terms=terms)
        answers.write(_pack(answer))
        answers.flush()


def _answer(request: Request, *, terms: Hello) -> Success | Failure:
    """The last frame before the pipe: whatever a library raises for a hostile file becomes that file's failure."""
    limits = terms.limits
    try:
        data = _load(Path(request.path), limits=limits)
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


def out_of_memory(limits: Limits) -> Failure:
    """The failure of a file that needs more memory than allowed."""
    message = f"Reading needs more than {limits.memory_mb} MB of memory: split the file or raise the limit of memory."
    return Failure(code="out_of_memory", message=message, is_spent=True)


def _load(path: Path, *, limits: Limits) -> bytes:
    with path.open("rb") as file:
        data = file.read(limits.bytes + 1)
    if len(data) > limits.bytes:
        raise too_many_bytes(path.stat().st_size, limits=limits)
    return data


def _pack(answer: Success | Failure) -> bytes:
    try:
        return pack(answer)
    except (MemoryError, UnicodeEncodeError) as error:
        message = f"What was read cannot be handed over ({error}): split the file."
        return pack(Failure(code="too_large", message=message, is_spent=True))


if __name__ == "__main__":
    main()
