"""ZIP: the files in an archive, without trusting its names, its sizes or its order. Runs inside the child process."""

import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from docrail.core.errors import DocumentError
from docrail.reading.limits import HARMLESS_BYTES, Limits
from docrail.reading.parts import BLOCK, IGNORED, PartInside, refused

_DAMAGE = (zipfile.BadZipFile, OSError, ValueError, RuntimeError, EOFError, zlib.error, lzma.LZMAError)
_ENCRYPTED, _LOCAL_HEADER = 0x1, 30
_LITTER = re.compile(r"(^|/)(__MACOSX/.*|\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)$", re.IGNORECASE)


def parts(path: Path, *, limits: Limits) -> Iterator[PartInside]:
    """The files in the archive at `path`, in its order; folders are left out.

    DocumentError if it is no whole archive, or one of an Office program that lacks its main part.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (*_DAMAGE, NotImplementedError) as error:
        message = f"The archive is damaged ({error}): pack it again."
        raise DocumentError(message, code="unreadable") from error
    with archive:
        entries = archive.infolist()
        if any(entry.filename == "[Content_Types].xml" for entry in entries):
            message = "It is packed like an Office file and lacks its main part: save it again."
            raise DocumentError(message, code="unreadable")
        overlapping = _find_overlapping(entries)
        for entry in entries:
            # `is_dir` stumbles over an empty name.
            if not entry.filename.endswith("/"):
                yield _part(archive, entry, limits=limits, overlaps=entry.header_offset in overlapping)


def _part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, limits: Limits, overlaps: bool) -> PartInside:
    name = entry.filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if _LITTER.search(name.replace("\\", "/")):
        return refused(name, "It is no document: a system left it beside the files.", code=IGNORED)
    if kind not in (0, stat.S_IFREG):
        return refused(
            name, "It is a link or a device, not a file: pack the file itself.", code="unsupported"
        )
    if entry.flag_bits & _ENCRYPTED:
        return refused(name, "It needs a password: pack it without one.", code="encrypted")
    if overlaps:
        message = "Its bytes are those of another file of the archive, too: pack it again."
        return refused(name, message, code="unreadable")
    return PartInside(name=name, blocks=_blocks(archive, entry, limits=limits))


def _blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, limits: Limits) -> Iterator[bytes]:
    """The bytes, as long as they are in proportion: what the archive says of their number is not asked."""
    size = 0
    try:
        with archive.open(entry) as file:
            while block := file.read(BLOCK):
                size += len(block)
                _check_ratio(size, entry.compress_size, limits=limits)
                yield block
    except NotImplementedError as error:
        raise DocumentError(
            f"It is packed in a way not known here ({error}): pack it anew.", code="unsupported"
        ) from error
    except _DAMAGE as error:
        raise DocumentError(
            f"It is damaged in the archive ({error}): pack it again.", code="unreadable"
        ) from error


def _check_ratio(size: int, packed: int, *, limits: Limits) -> None:
    if size > HARMLESS_BYTES and size > limits.expansion_ratio * max(packed, 1):
        message = (
            f"It expands to more than {limits.expansion_ratio} times its size: give it unpacked, or raise "
            "max_expansion_ratio."
        )
        raise DocumentError(message, code="too_large")


def _find_overlapping(entries: Sequence[zipfile.ZipInfo]) -> set[int]:
    """The offsets of entries whose bytes run into the next one's, and of those they run into."""
    found = set()
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    furthest, owner = 0, -1
    for entry in ordered:
        start = entry.header_offset
        if start < furthest:
            found |= {start, owner}
        end = start + _LOCAL_HEADER + len(entry.orig_filename) + entry.compress_size
        if end > furthest:
            furthest, owner = end, start
    return found
