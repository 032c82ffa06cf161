"""The folder of blobs: the bytes of documents and their layouts, each under the digest of the bytes."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from docrail.core.errors import DocumentError
from docrail.core.model import Layout
from docrail.store.incoming import Incoming, Spooled, receive, settle, sweep

DAY = 86_400
_LAYOUT = msgspec.msgpack.Decoder(Layout)
LAYOUT_VERSION = 3
"""Raised when reading changes what it makes of the same bytes: older layouts are then read anew."""


class _Unread(msgspec.Struct):
    """Why bytes could not be read on these terms."""

    terms: str
    code: str
    message: str


_UNREAD = msgspec.msgpack.Decoder(_Unread)


class Blobs:
    """Files by digest. Whatever is there is whole: it was renamed into place."""

    def __init__(self, folder: Path) -> None:
        self._content = folder / "content"
        self._incoming = folder / "incoming"
        self._pictures = folder / f"pictures-{LAYOUT_VERSION}"
        self._layouts = folder / f"layouts-{LAYOUT_VERSION}"
        self._layouts_name = str(self._layouts)

    def put(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Keep the bytes that come in `chunks`; their SHA-256 as hex, and how many there were."""
        file = self.receive(chunks)
        self.settle([file])
        return file.digest, file.size_bytes

    def incoming(self) -> Incoming:
        """A file to be received block by block."""
        return Incoming(self._incoming)

    def receive(self, blocks: Iterable[bytes]) -> Spooled:
        """A file received whole, not yet kept: settle it or discard it."""
        return receive(self._incoming, blocks)

    def settle(self, files: Sequence[Spooled]) -> None:
        """Keep received files: all of them at once is many times as fast as one by one."""
        settle(files, self.path)

    def sweep(self, *, now: float) -> None:
        """Remove what was being received by a process that was killed, a day after (`now` in seconds)."""
        sweep(self._incoming, before=now - DAY)

    def path(self, digest: str) -> Path:
        """Where the bytes of a digest stand."""
        return self._content / digest[:2] / digest

    def forget(self, digest: str) -> None:
        """Remove the bytes of a digest and all that was made of them; again is no harm."""
        pictures = self._pictures.glob(f"{digest[:2]}/{digest}-*.png")
        made = (self._layout_path(digest), self._unread_path(digest), *pictures)
        for each in (self.path(digest), *made):
            each.unlink(missing_ok=True)

    def read_layout(self, digest: str) -> Layout | None:
        """The layout kept for a digest, if these bytes were read before (and it survived: a power cut may empty it)."""
        try:
            # Each document of each run begins here: pathlib would cost more than the reading.
            with open(f"{self._layouts_name}/{digest[:2]}/{digest}.msgpack", "rb") as file:  # noqa: PTH123
                return _LAYOUT.decode(file.read())
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def keep_layout(self, digest: str, layout: Layout) -> None:
        """Keep a layout, so that the same bytes are read once, in any run."""
        self._layouts.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._layouts, prefix="new-", delete=False) as file:
            file.write(msgspec.msgpack.encode(layout))
        _settle(Path(file.name), self._layout_path(digest))

    def find_unread(self, digest: str, *, terms: str) -> DocumentError | None:
        """Why these bytes could not be read on these terms before; None if nobody tried, or on others."""
        try:
            known = _UNREAD.decode(self._unread_path(digest).read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return DocumentError(known.message, code=known.code) if known.terms == terms else None

    def keep_unread(self, digest: str, error: DocumentError, *, terms: str) -> None:
        """Remember why these bytes cannot be read, so that what costs minutes is tried once on the same terms."""
        self._layouts.mkdir(parents=True, exist_ok=True)
        known = _Unread(terms=terms, code=error.code, message=error.message)
        with tempfile.NamedTemporaryFile(dir=self._layouts, prefix="new-", delete=False) as file:
            file.write(msgspec.msgpack.encode(known))
        _settle(Path(file.name), self._unread_path(digest))

    def read_picture(self, digest: str, name: str) -> bytes | None:
        """The picture kept of a digest under this name (page and width), if there is one."""
        try:
            return self._picture_path(digest, name).read_bytes() or None
        except FileNotFoundError:
            return None

    def keep_picture(self, digest: str, name: str, png: bytes) -> None:
        """Keep a picture of a page, so that it is rendered once."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._pictures, prefix="new-", delete=False) as file:
            file.write(png)
        _settle(Path(file.name), self._picture_path(digest, name))

    def _picture_path(self, digest: str, name: str) -> Path:
        return self._pictures / digest[:2] / f"{digest}-{name}.png"

    def _unread_path(self, digest: str) -> Path:
        return self._layouts / digest[:2] / f"{digest}.unread"

    def _layout_path(self, digest: str) -> Path:
        return self._layouts / digest[:2] / f"{digest}.msgpack"


def _settle(new: Path, place: Path) -> None:
    place.parent.mkdir(exist_ok=True)
    new.replace(place)
