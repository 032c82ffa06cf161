"""The kind of a file comes from its bytes."""

import io
import zipfile

import pytest

from docrail.reading.detect import DOCX, PDF, UNKNOWN, XLSX, ZIP, detect


def make_zip(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "filename", "media_type"),
    [
        (b"%PDF-1.7\n", "a.txt", PDF),
        (b"\n\n%PDF-1.4", "a", PDF),
        (b"%\xe2\xe3\n1 0 obj\n<<>>", "a.pdf", PDF),
        (b"\x89PNG\r\n\x1a\n", "a.pdf", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a", "image/webp"),
        (b"<!doctype html><p>x", "a.pdf", "text/html"),
        (b"<!-- note -->\n<html>", "a", "text/html"),
        (b"<?xml version='1.0'?><Invoice/>", "a.txt", "application/xml"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "a", "text/html"),
        (b"<svg xmlns='x'/>", "a", "image/svg+xml"),
        (b'{"a": 1}', "a", "application/json"),
        (b"a,b\n1,2\n", "unknown", "text/csv"),
        (b"a,b\n1,2\n", "a.txt", "text/plain"),
        (b"one\n", "a.csv", "text/csv"),
        (b"# Title\n", "a.md", "text/markdown"),
        (b"From: a@example.org\nSubject: hello\n\nbody", "a.txt", "message/rfc822"),
        (b"Date: 2026-01-01\nTotal: 5\n", "a.txt", "text/plain"),
        (b"\0\1\2\3\4\5", "a.pdf", UNKNOWN),
    ],
)
def test_the_bytes_decide_and_the_name_only_breaks_ties(data: bytes, filename: str, media_type: str) -> None:
    assert media_type == detect(data, filename=filename)


@pytest.mark.parametrize(
    ("names", "media_type"),
    [
        (("word/document.xml",), DOCX),
        (("xl/workbook.xml",), XLSX),
        (("a.pdf",), ZIP),
        (("[Content_Types].xml",), ZIP),
    ],
)
def test_a_package_is_known_by_its_main_part(names: tuple[str, ...], media_type: str) -> None:
    assert media_type == detect(make_zip(*names), filename="a.docx")
