"""The way in: a Reader reads files in processes of their own, so that no file can harm anything but itself."""

import os
import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from docrail.core.errors import DocumentError
from docrail.core.model import Layout
from docrail.reading.container import Container
from docrail.reading.engines import OcrEngine, check_engine
from docrail.reading.limits import Limits, too_many_bytes
from docrail.reading.process import Child
from docrail.reading.wire import Unpack

__all__ = ["Limits", "Reader"]


class Reader:
    """Reads files in up to `processes` child processes, started when first needed. Thread-safe.
    InvalidInput if there is no such `ocr_engine` here.

    >>> with Reader(processes=2) as reader:  # doctest: +SKIP
    ...     layout = reader.read(Path("invoice.pdf"), filename="invoice.pdf")
    """

    def __init__(
        self,
        *,
        limits: Limits = Limits(),  # noqa: B008  # frozen
        processes: int = 1,
        ocr_engine: str = OcrEngine.RAPIDOCR,
    ) -> None:
        self.limits = limits
        self._engine = check_engine(ocr_engine)
        self._threads = max((os.cpu_count() or 1) // processes, 1)
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="docrail-reader")
        # Last in, first out: one busy caller keeps using one warm child.
        self._places: queue.LifoQueue[Child | None] = queue.LifoQueue()
        self._processes = processes
        self._busy: set[Child | None] = set()
        self._is_closed = False
        for _ in range(processes):
            self._places.put(None)

    @property
    def terms(self) -> str:
        """What decides, beside its bytes, what becomes of a file: the limits and the OCR engine, as one text."""
        return f"{self.limits} {self._engine}"

    def read(self, path: Path, *, filename: str) -> Layout:
        """The layout of the file at `path`, labelled `filename`. Blocks until a child is free; DocumentError if the
        file cannot be read, is over a limit, or broke its child (which is replaced)."""
        self._check_size(path)
        with self._child() as child:
            return child.read(path.absolute(), filename=filename)

    def render(self, path: Path, *, number: int, width: int, rotation: int = 0) -> bytes:
        """Page `number` (from 1) of a PDF or picture as PNG, `width` pixels wide (fewer for a small picture or a very
        long page), turned clockwise by `rotation` degrees. Blocks and raises as `read` does."""
        self._check_size(path)
        with self._child() as child:
            return child.render(path.absolute(), number=number, width=width, rotation=rotation)

    @contextmanager
    def unpacking(self, path: Path, *, filename: str, most: int, most_bytes: int) -> Iterator[Container]:
        """What kind of file it is and, one after another, the files in it: at most so many, of so many bytes in all.

        Blocks until a child is free. DocumentError if it cannot be opened.
        """
        self._check_size(path)
        request = Unpack(path=str(path.absolute()), filename=filename, most=most, most_bytes=most_bytes)
        with self._child() as child, closing(child.unpack(request)) as answers:
            yield Container(answers)

    def close(self, *, at_once: bool = False) -> None:
        """End the children, waiting for reads under way; with `at_once` those are given up (`crashed`)."""
        self._is_closed = True
        if at_once:
            for child in tuple(self._busy):
                if child is not None:
                    child.kill()
        children = [self._places.get() for _ in range(self._processes)]
        for child in children:
            if child is not None:
                child.end()
            self._places.put(None)
        self._starter.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _child(self) -> Iterator[Child]:
        """A living child for one request, waited for and put back."""
        child = self._places.get()
        try:
            if self._is_closed:
                raise RuntimeError("this Reader is closed")
            if child is None or not child.is_alive:
                child = self._replace(child)
            self._busy.add(child)
            yield child
        finally:
            self._busy.discard(child)
            self._places.put(self._keep(child))

    def _replace(self, child: Child | None) -> Child:
        if child is not None:
            child.end()
        return Child(limits=self.limits, threads=self._threads, engine=self._engine, starter=self._starter)

    def _keep(self, child: Child | None) -> Child | None:
        if child is not None and not child.is_alive:
            child.end()
            return None
        return child

    def _check_size(self, path: Path) -> None:
        """Before a child is troubled at all."""
        size = path.stat().st_size
        if size == 0:
            raise DocumentError("The file is empty (0 bytes): send it again.", code="empty")
        if size > self.limits.bytes:
            raise too_many_bytes(size, limits=self.limits)
