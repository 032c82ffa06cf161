"""An Office file as a package of parts: each part read within the limits, its XML parsed without entities."""

import io
import posixpath
import zipfile
import zlib

from lxml import etree

from docrail.core.errors import DocumentError
from docrail.core.model import Issue, Severity
from docrail.reading.limits import HARMLESS_BYTES, Limits, too_large
from docrail.reading.xml import parse

_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_MAIN = "officeDocument"
_ENCRYPTED = 0x1
_UNREAD = (
    ("vbaProject.bin", "macros_not_run", "The file has macros: they were not run."),
    ("/embeddings/", "embedded_not_read", "Files embedded in it were not read: give them on their own."),
    ("afchunk", "embedded_not_read", "Files embedded in it were not read: give them on their own."),
    ("/media/", "pictures_not_read", "Pictures in it were not read: give it as PDF if text is in them."),
    ("Pictures/", "pictures_not_read", "Pictures in it were not read: give it as PDF if text is in them."),
)
# "Strict" Office files say the same in namespaces of their own.
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/",
    ),
    (b"http://purl.oclc.org/ooxml/spreadsheetml/", b"http://schemas.openxmlformats.org/spreadsheetml/2006/"),
    (
        b"http://purl.oclc.org/ooxml/presentationml/",
        b"http://schemas.openxmlformats.org/presentationml/2006/",
    ),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/",
        b"http://schemas.openxmlformats.org/officeDocument/2006/",
    ),
)


class Package:
    """The parts of an Office file. What their sizes promise is not believed: reading is bounded."""

    def __init__(self, data: bytes, *, limits: Limits) -> None:
        self._size = len(data)
        self._read = 0
        self._limits = limits
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise _damaged(error) from error
        self.names = frozenset(self._archive.namelist())

    def read(self, name: str) -> bytes:
        """The bytes of a part. DocumentError if it is missing, damaged, encrypted or expands beyond the limits."""
        limits = self._limits
        most = min(limits.expanded_bytes, max(limits.expansion_ratio * self._size, HARMLESS_BYTES))
        try:
            if self._archive.getinfo(name).flag_bits & _ENCRYPTED:
                raise encrypted()
            with self._archive.open(name) as part:
                data = part.read(most - self._read + 1)
        except (
            KeyError,
            zipfile.BadZipFile,
            OSError,
            EOFError,
            ValueError,
            NotImplementedError,
            RuntimeError,
            zlib.error,
        ) as error:
            raise _damaged(error) from error
        self._read += len(data)
        self._check_size()
        if b"http://purl.oclc.org/ooxml/" in data[:4096]:
            for strict, usual in _STRICT:
                data = data.replace(strict, usual)
        return data

    def tree(self, name: str) -> etree._Element:
        """The root element of an XML part."""
        return parse(self.read(name))

    def main_part(self, usual: str) -> str:
        """The part that holds the document: `usual`, or what the package itself names."""
        if usual in self.names:
            return usual
        found = (part for kind, part in self.related("").values() if kind == _MAIN)
        return next(found, usual)

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """The parts that `name` refers to inside the package: id -> (last word of the kind, part)."""
        folder, file = posixpath.split(name)
        relations = posixpath.join(folder, "_rels", f"{file}.rels")
        if relations not in self.names:
            return {}
        found = {}
        for relation in self.tree(relations).iter(_RELATIONS):
            target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
            if relation.get("TargetMode") != "External" and target in self.names:
                kind = relation.get("Type", "").rpartition("/")[2]
                found[relation.get("Id", "")] = (kind, target)
        return found

    def _check_size(self) -> None:
        limits = self._limits
        if self._read > limits.expanded_bytes:
            what = f"The file expands to at least {self._read:,} bytes"
            raise too_large(what, limits=limits, name="expanded_bytes")
        if self._read > max(limits.expansion_ratio * self._size, HARMLESS_BYTES):
            what = f"The file expands to at least {self._read // self._size:,} times its size"
            raise too_large(what, limits=limits, name="expansion_ratio", advice="save it anew")


def unread_issues(package: Package) -> tuple[Issue, ...]:
    """Says what in the package is never read or run: macros, embedded files, pictures."""
    return tuple(
        Issue(code=code, message=message, severity=Severity.INFO)
        for mark, code, message in _UNREAD
        if any(mark in name for name in package.names)
    )


def encrypted() -> DocumentError:
    """The error for an Office file with a password."""
    return DocumentError(
        "The Office file needs a password: remove it and give the file again.", code="encrypted"
    )


def _damaged(error: Exception) -> DocumentError:
    return DocumentError(f"The Office file is damaged ({error}): save it again.", code="unreadable")
