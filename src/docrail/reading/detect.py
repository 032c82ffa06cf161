"""What kind of file it is, from its bytes; the name only breaks a tie among kinds of plain text."""

import io
import re
import zipfile
from pathlib import PurePath

from docrail.reading.decode import is_text

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ZIP = "application/zip"
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
_PACKAGE_PARTS = (("word/document.xml", DOCX), ("xl/workbook.xml", XLSX), ("ppt/presentation.xml", PPTX))
_PLAIN_NAMES = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".tab": "text/tab-separated-values",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".log": "text/plain",
}
_HTML = re.compile(
    rb"<(!doctype\s+html|html|head|body|table|div|p|h[1-6]|span|meta|title|form|ul|ol|center|style)\b", re.I
)
_COMMENTS = re.compile(rb"^\s*(<!--.*?-->\s*|<\?.*?\?>\s*|<!doctype[^>\[]*(\[.*?\])?\s*>\s*)*", re.I | re.S)
_MAIL_HEADER = re.compile(
    rb"^(From|To|Cc|Subject|Date|Received|Return-Path|MIME-Version|Message-ID|Content-Type|Delivered-To"
    rb"|Reply-To|X-[\w-]+|Content-Transfer-Encoding|Sender|DKIM-Signature):",
    re.I | re.M,
)


def detect(data: bytes, *, filename: str) -> str:
    """The media type of `data`.

    >>> detect(b"%PDF-1.7 ...", filename="page.txt")
    'application/pdf'
    """
    if data.startswith(_PACKAGE):
        return _detect_package(data)
    if b"%PDF" in data[:1024] or _PDF_OBJECT.match(data):
        return PDF
    for magic, media_type in _MAGIC:
        if data.startswith(magic):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"BM") and len(data) > 26 and data[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return OLE_ENCRYPTED if "EncryptedPackage".encode("utf-16-le") in data else OLE
    return _detect_text(data, filename=filename) if is_text(data) else UNKNOWN


def _detect_package(data: bytes) -> str:
    try:
        names = frozenset(zipfile.ZipFile(io.BytesIO(data)).namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ZIP
    for part, media_type in _PACKAGE_PARTS:
        if part in names:
            return media_type
    return ZIP


def _detect_text(data: bytes, *, filename: str) -> str:
    head = data[:65536].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):
        return _detect_markup(head)
    if head[:1] in (b"{", b"[") and head.rstrip()[-1:] in (b"}", b"]", b""):
        return "application/json"
    if _is_mail(head):
        return "message/rfc822"
    suffix = PurePath(filename).suffix.lower()
    if suffix == ".json" and head[:1] in (b"{", b"["):
        return "application/json"
    if suffix in _PLAIN_NAMES:
        return _PLAIN_NAMES[suffix]
    return "text/csv" if _looks_delimited(head) else "text/plain"


def _detect_markup(head: bytes) -> str:
    rest = _COMMENTS.sub(b"", head, count=1)
    if re.match(rb"\s*<!doctype\s+html", head, re.I) or _HTML.match(rest):
        return "text/html"
    if re.match(rb"<(\w+:)?svg\b", rest, re.I):
        return "image/svg+xml"
    return "application/xml"


def _is_mail(head: bytes) -> bool:
    start = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0][:16384]
    if not re.match(rb"^(From .*\r?\n)?[\w-]+:", start):
        return False
    return len({match.group(1).lower() for match in _MAIL_HEADER.finditer(start)}) >= 2


def _looks_delimited(head: bytes) -> bool:
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    if len(lines) < 2:
        return False
    return any(
        lines[0].count(mark) > 0 and len({line.count(mark) for line in lines}) == 1
        for mark in (b"\t", b";", b",", b"|")
    )
