"""Files on their way in: written as they come, hashed on the way, on stable storage before anybody hears of them."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

SYNCS_AT_ONCE = 16
"""The system writes files down together when it is asked for several at once: some twenty times as fast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """A file that has come whole and belongs to nobody yet: settled or discarded by whoever holds it."""

    path: Path
    digest: str
    size_bytes: int

    def discard(self) -> None:
        """Leave nothing behind."""
        self.path.unlink(missing_ok=True)


class Incoming:
    """One file that is being received, block by block; ends with `finish` or `discard`."""

    def __init__(self, folder: Path) -> None:
        self._file = _open_new(folder)
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, block: bytes) -> None:
        """The next bytes."""
        self._digest.update(block)
        self.size_bytes += len(block)
        self._file.write(block)

    def finish(self) -> Spooled:
        """All of it is there."""
        self._file.close()
        return Spooled(
            path=Path(self._file.name), digest=self._digest.hexdigest(), size_bytes=self.size_bytes
        )

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        Path(self._file.name).unlink(missing_ok=True)


def receive(folder: Path, blocks: Iterable[bytes]) -> Spooled:
    """A file from its blocks; whatever goes wrong on the way leaves nothing behind."""
    incoming = Incoming(folder)
    try:
        for block in blocks:
            incoming.write(block)
        return incoming.finish()
    except BaseException:
        incoming.discard()
        raise


def settle(files: Sequence[Spooled], place: Callable[[str], Path]) -> None:
    """Put files where their digests belong. When this returns, they are there after a power cut, too."""
    with ThreadPoolExecutor(min(SYNCS_AT_ONCE, max(1, len(files)))) as pool:
        list(pool.map(_sync, [file.path for file in files]))
        folders = {_move(file.path, place(file.digest)) for file in files}
        list(pool.map(_sync, [*folders, *{folder.parent for folder in folders}]))


def sweep(folder: Path, *, before: float) -> None:
    """Remove what a process left that was killed in the middle: files not written to since `before` (seconds)."""
    for path in folder.glob("*"):
        try:
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            continue


def _open_new(folder: Path) -> "tempfile._TemporaryFileWrapper[bytes]":
    try:
        return tempfile.NamedTemporaryFile(dir=folder, delete=False)
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.NamedTemporaryFile(dir=folder, delete=False)


def _move(path: Path, target: Path) -> Path:
    """The folder it is in now."""
    try:
        path.replace(target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    return target.parent


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
