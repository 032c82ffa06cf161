"""One child process as the parent sees it: start it, ask it, watch its time and memory, end it."""

import fcntl
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec

from docrail.core.errors import DocumentError
from docrail.core.model import Layout
from docrail.reading.engines import OcrEngine
from docrail.reading.limits import Limits
from docrail.reading.wire import (
    HEADER,
    Failure,
    Finished,
    Hello,
    Opened,
    PartBytes,
    PartEnd,
    PartStart,
    Rendered,
    RenderRequest,
    Request,
    Success,
    Unpack,
    pack,
)

_PASSED_ON = (
    "PATH",
    "PYTHONPATH",
    "LANG",
    "LC_ALL",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "TESSDATA_PREFIX",
)
_LOOK_EVERY = 0.1
_PIPE = 1 << 20
_LARGEST_ANSWER = 1 << 30
_STDERR_KEPT = 4000
_SPENT_PART = 0.8
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
Answer = Success | Rendered | Failure | Opened | PartStart | PartBytes | PartEnd | Finished
_answers = msgspec.msgpack.Decoder(Answer)


class Child:
    """A child process; not thread-safe. After `is_alive` is false it must be replaced.

    Started from `starter`, a thread that lives as long as the reader: Linux ends a child with the *thread* that
    started it.
    """

    def __init__(
        self, *, limits: Limits, threads: int, engine: OcrEngine, starter: ThreadPoolExecutor
    ) -> None:
        self._limits = limits
        self._process = starter.submit(_start).result()
        self._stderr = b""
        self._peak = 0
        self.is_alive = True
        self._send(pack(Hello(limits=limits, threads=threads, engine=engine)))

    def read(self, path: Path, *, filename: str) -> Layout:
        """The layout of the file, or DocumentError: the file's own, or what became of the child."""
        answer = self._ask(Request(path=str(path), filename=filename))
        assert isinstance(answer, Success)  # what a Request is answered with
        return answer.layout

    def render(self, path: Path, *, number: int, width: int, rotation: int) -> bytes:
        """Page `number` of the file as a PNG picture, or DocumentError."""
        request = RenderRequest(path=str(path), number=number, width=width, rotation=rotation)
        answer = self._ask(request)
        assert isinstance(answer, Rendered)  # what a RenderRequest is answered with
        return answer.png

    def _ask(self, request: Request | RenderRequest) -> Success | Rendered:
        self._peak = 0
        self._send(pack(request))
        answer = next(self._receive())
        if isinstance(answer, Success | Rendered):
            self.is_alive = self.is_alive and not self._is_bloated()
            return answer
        assert isinstance(answer, Failure)  # what else these are answered with
        if answer.is_spent:
            self.end()
        raise answer.as_error()

    def unpack(self, request: Unpack) -> Generator[Answer, None, None]:
        """Everything the child says of this file up to its end. DocumentError as in `read`, then or midway.

        A child that is not heard to the end is ended: it would go on with what nobody wants.
        """
        self._peak = 0
        is_over = False
        self._send(pack(request))
        try:
            for answer in self._receive():
                is_over = isinstance(answer, Finished | Failure)
                if isinstance(answer, Failure):
                    is_over = not answer.is_spent
                    raise answer.as_error()
                yield answer
                if is_over:
                    return
        finally:
            if not is_over or self._is_bloated():
                self.end()

    def end(self) -> None:
        """Kill it and wait for it; nothing it does is worth waiting for."""
        self.is_alive = False
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):  # what it never read of a request is dropped with it
                    stream.close()
        self._process.wait()

    def kill(self) -> None:
        """Make whoever waits for its answer learn that it died; may be called from another thread."""
        self._process.kill()

    def _send(self, message: bytes) -> None:
        stdin = self._process.stdin
        assert stdin is not None  # started with a pipe
        try:
            stdin.write(message)
            stdin.flush()
        except OSError:
            # It died meanwhile; reading its answer will say so.
            self.is_alive = False

    def _receive(self) -> Iterator[Answer]:
        """What the child says, message by message; the last one is a Failure if it does not go on."""
        assert self._process.stdout is not None and self._process.stderr is not None
        deadline = time.monotonic() + self._limits.seconds
        buffer = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            selector.register(self._process.stderr, selectors.EVENT_READ)
            while True:
                while (answer := _take(buffer)) is not None:
                    yield answer
                failure = self._check(deadline)
                if failure is None:
                    failure = self._collect(selector, buffer)
                if failure is not None:
                    self.end()
                    yield failure
                    return

    def _collect(self, selector: selectors.BaseSelector, buffer: bytearray) -> Failure | None:
        for key, _ in selector.select(_LOOK_EVERY):
            chunk = os.read(key.fd, 1 << 20)
            if key.fileobj is self._process.stderr:
                self._stderr = (self._stderr + chunk)[-_STDERR_KEPT:]
                if not chunk:
                    selector.unregister(key.fileobj)
            elif chunk:
                buffer += chunk
            else:
                return self._explain_death()
        return _too_long() if len(buffer) > _LARGEST_ANSWER else None

    def _check(self, deadline: float) -> Failure | None:
        if time.monotonic() > deadline:
            return Failure(
                code="timeout",
                message=f"Reading took longer than {self._limits.seconds:g} seconds and was stopped: split the "
                "file or raise read_seconds.",
            )
        self._peak = max(self._peak, self._resident())
        return self._out_of_memory() if self._peak > self._limits.memory_mb * 1024 * 1024 else None

    def _explain_death(self) -> Failure:
        """The pipe is closed: the child has died by itself or somebody killed it."""
        code = self._process.wait()
        said = self._stderr.decode("utf-8", errors="replace").lower()
        if "alloc" in said or self._peak > _SPENT_PART * self._limits.memory_mb * 1024 * 1024:
            return self._out_of_memory()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        message = f"The reader died while reading this file ({how}): try again, or save the file anew."
        return Failure(code="crashed", message=message, retryable=True)

    def _out_of_memory(self) -> Failure:
        return Failure(
            code="out_of_memory",
            message=f"Reading needs more than {self._limits.memory_mb} MB of memory: split the file or raise "
            "read_memory_mb.",
        )

    def _is_bloated(self) -> bool:
        return self._resident() > _SPENT_PART * self._limits.memory_mb * 1024 * 1024

    def _resident(self) -> int:
        """Resident bytes of the child; 0 where the system does not tell."""
        try:
            return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * _PAGE
        except (OSError, IndexError, ValueError):
            return 0


def _start() -> subprocess.Popen[bytes]:
    """A fresh interpreter with hardly any environment: no secrets, no working folder, no byte code written."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-B", "-P", "-m", "docrail.reading.child", str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment | {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
        cwd="/" if os.name == "posix" else None,
    )
    if process.stdout is not None and hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # others of this user may have used up what the system allows for large pipes
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE)
    return process


def _take(buffer: bytearray) -> Answer | None:
    """The first whole message of the buffer, taken out of it."""
    if len(buffer) < HEADER.size:
        return None
    (size,) = HEADER.unpack_from(buffer)
    if len(buffer) < HEADER.size + size:
        return None
    try:
        with memoryview(buffer) as whole:
            answer: Answer = _answers.decode(whole[HEADER.size : HEADER.size + size])
    except msgspec.DecodeError as error:
        raise DocumentError(f"The reader's answer makes no sense ({error}).", code="crashed") from error
    del buffer[: HEADER.size + size]
    return answer


def _too_long() -> Failure:
    return Failure(
        code="too_large", message="The text of this file is too large to hand over: split the file."
    )
