"""The folder of blobs: the bytes of documents and their layouts, each under the digest of the bytes."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from docrail.core.model import Layout

LAYOUT_VERSION = 2
"""Raised when reading changes what it makes of the same bytes: older layouts are then read anew."""


class Blobs:
    """Files by digest. Whatever is there is whole: it was renamed into place."""

    def __init__(self, folder: Path) -> None:
        self._content = folder / "content"
        self._layouts = folder / f"layouts-{LAYOUT_VERSION}"

    def put(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Keep the bytes that come in `chunks`; their SHA-256 as hex, and how many there were."""
        digest, size = hashlib.sha256(), 0
        self._content.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._content, prefix="new-", delete=False) as file:
            try:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                Path(file.name).unlink()
                raise
        _settle(Path(file.name), self.path(digest.hexdigest()))
        return digest.hexdigest(), size

    def path(self, digest: str) -> Path:
        """Where the bytes of a digest stand."""
        return self._content / digest[:2] / digest

    def read_layout(self, digest: str) -> Layout | None:
        """The layout kept for a digest, if these bytes were read before (and it survived: a power cut may empty it)."""
        try:
            return msgspec.msgpack.decode(self._layout_path(digest).read_bytes(), type=Layout)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def keep_layout(self, digest: str, layout: Layout) -> None:
        """Keep a layout, so that the same bytes are read once, in any run."""
        self._layouts.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._layouts, prefix="new-", delete=False) as file:
            file.write(msgspec.msgpack.encode(layout))
        _settle(Path(file.name), self._layout_path(digest))

    def _layout_path(self, digest: str) -> Path:
        return self._layouts / digest[:2] / f"{digest}.msgpack"


def _settle(new: Path, place: Path) -> None:
    place.parent.mkdir(exist_ok=True)
    new.replace(place)
