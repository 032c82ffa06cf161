"""Files to upload: read from the disk as they are sent, one open at a time."""

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

File: TypeAlias = str | os.PathLike[str] | tuple[str, bytes]
"""A path, or a name and the bytes."""

FILES_AT_ONCE = 100
BYTES_AT_ONCE = 50_000_000


class Upload:
    """A file on its way, as httpx reads it: opened at the first read, closed at the end or when begun again."""

    def __init__(self, file: File) -> None:
        self._path: Path | None = None
        self._open: BinaryIO | None = None
        self._content = b""
        if isinstance(file, tuple):
            self.name, self._content = file
            self.size = len(self._content)
        else:
            self._path = Path(file)
            self.name, self.size = self._path.name, self._path.stat().st_size
            if self._path.is_dir():
                raise IsADirectoryError(f"{self._path} is a folder: give its files")

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        if self._open is None:
            self._open = self._path.open("rb") if self._path else io.BytesIO(self._content)
        block = self._open.read(size)
        if not block:
            self.close()
        return block

    def tell(self) -> int:
        """Where it stands."""
        return self._open.tell() if self._open else 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Begin again, or say how long it is: all that httpx asks for."""
        self.close()
        return self.size if whence == os.SEEK_END else offset

    def close(self) -> None:
        """Let go of the file."""
        if self._open is not None:
            self._open.close()
            self._open = None


def open_uploads(files: Iterable[File]) -> list[Upload]:
    """The files in order. Raises OSError for the first that is not there, TypeError for one file instead of many."""
    if isinstance(files, str | os.PathLike):
        raise TypeError(f"give a list of files, as [{files!r}]")
    return [Upload(file) for file in files]


def in_batches(uploads: Sequence[Upload]) -> Iterator[list[Upload]]:
    """The files in as many requests as they need: each at most 100 files and 50 MB, or one larger file."""
    batch: list[Upload] = []
    size = 0
    for upload in uploads:
        if batch and (len(batch) == FILES_AT_ONCE or size + upload.size > BYTES_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(upload)
        size += upload.size
    if batch:
        yield batch
