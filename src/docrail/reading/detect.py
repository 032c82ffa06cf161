"""What kind of file it is, from its bytes alone: the same bytes are the same kind under every name."""

import io
import re
import zipfile
import zlib

from docrail.reading.decode import is_text
from docrail.reading.detect_text import detect_text

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
ZIP = "application/zip"
MSG = "application/vnd.ms-outlook"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
PPT = "application/vnd.ms-powerpoint"
OLE = "application/x-ole-storage"
OLE_ENCRYPTED = "application/x-ole-encrypted"
UNKNOWN = "application/octet-stream"

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"{\\rtf", "application/rtf"),
    (b"%!PS", "application/postscript"),
    (b"Rar!", "application/x-rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
)
_PACKAGE = (b"PK\x03\x04", b"PK\x05\x06")
_PDF_OBJECT = re.compile(rb"\s*(%[^\r\n]*[\r\n]+\s*){0,4}\d+ \d+ obj\b")
_PACKAGE_PARTS = (
    ("word/document.xml", DOCX),
    ("xl/workbook.xml", XLSX),
    ("ppt/presentation.xml", PPTX),
    ("xl/workbook.bin", XLSB),
)
_MAIN_CONTENT = (
    (b"wordprocessingml.document.main+xml", DOCX),
    (b"word.document.macroEnabled.main+xml", DOCX),
    (b"spreadsheetml.sheet.main+xml", XLSX),
    (b"excel.sheet.macroEnabled.main+xml", XLSX),
    (b"presentationml.presentation.main+xml", PPTX),
    (b"powerpoint.presentation.macroEnabled.main+xml", PPTX),
)
_OPEN_DOCUMENT = {
    kind + suffix: media_type
    for kind, media_type in (("text", ODT), ("spreadsheet", ODS), ("presentation", ODP))
    for suffix in ("", "-template")
}
_OLE_STREAMS = (
    ("EncryptedPackage", OLE_ENCRYPTED),
    ("__properties_version1.0", MSG),
    ("WordDocument", DOC),
    ("PowerPoint Document", PPT),
    ("Workbook", XLS),
    ("Book", XLS),
)
_MOST_OF_A_LIST = 1_000_000


def detect(data: bytes) -> str:
    """The media type of `data`.

    >>> detect(b"%PDF-1.7 ...")
    'application/pdf'
    """
    if data.startswith(_PACKAGE):
        return _detect_package(data)
    for magic, media_type in _MAGIC:
        if data.startswith(magic):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"BM") and len(data) > 26 and data[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _detect_ole(data)
    if b"%PDF-" in data[:1024] or _PDF_OBJECT.match(data):
        return PDF
    return detect_text(data) if is_text(data) else UNKNOWN


def _detect_package(data: bytes) -> str:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = frozenset(archive.namelist())
        for part, media_type in _PACKAGE_PARTS:
            if part in names:
                return media_type
        if "mimetype" in names and "content.xml" in names:
            return _detect_open_document(archive)
        if "[Content_Types].xml" in names:
            return _detect_by_content_types(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error):
        return ZIP
    return ZIP


def _detect_open_document(archive: zipfile.ZipFile) -> str:
    said = _read_start(archive, "mimetype", 200).strip().decode("ascii", errors="replace")
    return _OPEN_DOCUMENT.get(said.removeprefix("application/vnd.oasis.opendocument."), ZIP)


def _detect_by_content_types(archive: zipfile.ZipFile) -> str:
    """Some programs name the main part otherwise: `word/document2.xml`."""
    said = _read_start(archive, "[Content_Types].xml", _MOST_OF_A_LIST)
    return next((media_type for kind, media_type in _MAIN_CONTENT if kind in said), ZIP)


def _read_start(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as part:
        return part.read(most)


def _detect_ole(data: bytes) -> str:
    """By the names in its directory, which are UTF-16 and end with a zero."""
    for name, media_type in _OLE_STREAMS:
        if f"{name}\0".encode("utf-16-le") in data:
            return media_type
    return OLE
