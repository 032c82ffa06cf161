"""The kind of a file comes from its bytes."""

import io
import zipfile

import pytest

from docrail.reading.detect import DOC, DOCX, MSG, ODT, OLE_ENCRYPTED, PDF, UNKNOWN, XLS, XLSX, ZIP, detect


def make_zip(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"%PDF-1.7\n", PDF),
        (b"\n\n%PDF-1.4", PDF),
        (b"%\xe2\xe3\n1 0 obj\n<<>>", PDF),
        (b"\x89PNG\r\n\x1a\n%PDF-1.7", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<!doctype html><p>x", "text/html"),
        (b"<!-- note -->\n<html>", "text/html"),
        ("<html>".encode("utf-16"), "text/html"),
        (b"<?xml version='1.0'?><Invoice/>", "application/xml"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "text/html"),
        (b"<svg xmlns='x'/>", "image/svg+xml"),
        (b'{"a": 1}', "application/json"),
        (b"[Note] nothing to see", "text/plain"),
        (b"From: a@example.org\nSubject: hello\n\nbody", "message/rfc822"),
        (b"Date: 2026-01-01\nTotal: 5\n", "text/plain"),
        (b"\0\1\2\3\4\5", UNKNOWN),
    ],
)
def test_the_bytes_decide(data: bytes, media_type: str) -> None:
    assert media_type == detect(data)


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        ("a,b\n1,2\n", "text/csv"),
        ("name;amount\nA long name;1,50\n", "text/csv"),
        ('a,b\n"1, 2",3\n"4\n5",6\n', "text/csv"),
        ("Export of March\n\na;b;c\n1;2;3\n4;5;6\n", "text/csv"),
        ("a\tb\n1\t2\n", "text/tab-separated-values"),
        (",".join(f"c{n}" for n in range(20_000)), "text/csv"),
        ("Größe;Preis\n1;2,50\n", "text/csv"),
        ("one\n", "text/plain"),
        ("Dear Sir, thank you.\nRegards, Bob\n", "text/plain"),
        ("Muster GmbH, Berlin\nHauptstr. 5, Hof\n", "text/plain"),
        ("1,50\n2,30\n", "text/plain"),
        ("Invoice No: R-1\n\nNet: 5.00\n", "text/plain"),
        ("# Title\n\nText\n", "text/markdown"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", "text/markdown"),
        ("- one\n- two **bold** item\n", "text/markdown"),
        ("- one\n- two\n", "text/plain"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_kind_of_text_is_known_in_any_encoding(text: str, media_type: str, encoding: str) -> None:
    assert media_type == detect(text.encode(encoding))


@pytest.mark.parametrize(
    ("stream", "media_type"),
    [
        ("WordDocument", DOC),
        ("Workbook", XLS),
        ("__properties_version1.0", MSG),
        ("EncryptedPackage", OLE_ENCRYPTED),
    ],
)
def test_an_old_office_file_is_known_by_its_streams(stream: str, media_type: str) -> None:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    assert media_type == detect(head + f"{stream}\0".encode("utf-16-le"))


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
    assert media_type == detect(make_zip(*names))


def test_a_main_part_with_another_name_is_known_by_the_list_of_contents() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
        archive.writestr("[Content_Types].xml", f'<Types><Override ContentType="{kind}"/></Types>')
    assert detect(target.getvalue()) == DOCX


def test_an_open_document_says_what_it_is() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", ODT)
        archive.writestr("content.xml", "<x/>")
    assert detect(target.getvalue()) == ODT
