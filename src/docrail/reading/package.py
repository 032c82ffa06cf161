"""An Office file as a package of parts: each part read within the limits, its XML parsed without entities."""

import io
import posixpath
import zipfile
import zlib

from lxml import etree

from docrail.core.errors import DocumentError
from docrail.reading.limits import Limits
from docrail.reading.xml import parse

_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


class Package:
    """The parts of a DOCX, XLSX or PPTX. What their sizes promise is not believed: reading is bounded."""

    def __init__(self, data: bytes, *, limits: Limits) -> None:
        self._left = limits.expanded_bytes
        self._limit = limits.expanded_bytes
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise _damaged(error) from error
        self.names = frozenset(self._archive.namelist())

    def read(self, name: str) -> bytes:
        """The bytes of a part. DocumentError if it is missing, damaged or would expand beyond the limit."""
        try:
            with self._archive.open(name) as part:
                data = part.read(self._left + 1)
        except (
            KeyError,
            zipfile.BadZipFile,
            OSError,
            ValueError,
            NotImplementedError,
            RuntimeError,
            zlib.error,
        ) as error:
            raise _damaged(error) from error
        self._left -= len(data)
        if self._left < 0:
            message = f"The file expands to more than {self._limit:,} bytes: split it or raise the limit."
            raise DocumentError(message, code="too_large")
        return data

    def tree(self, name: str) -> etree._Element:
        """The root element of an XML part."""
        return parse(self.read(name))

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


def _damaged(error: Exception) -> DocumentError:
    return DocumentError(f"The Office file is damaged ({error}): save it again.", code="unreadable")
