"""Hostile archives and mails to be taken apart: names that lead out, links, shared bytes, archives without end."""

import io
import struct
import warnings
import zipfile
from collections.abc import Iterator

OUT = "../../../../../../tmp/docrail-canary"


def make_zip(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with (
        warnings.catch_warnings(action="ignore"),
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, data in entries:
            archive.writestr(name, data)
    return target.getvalue()


def hostile_archives() -> Iterator[tuple[str, bytes]]:
    """Archives and mails."""
    absolute = ((OUT, b"x"), ("/tmp/docrail-canary", b"x"), ("C:\\docrail-canary", b"x"), ("a\0b.txt", b"x"))
    yield "names.zip", make_zip(*absolute, ("..\\..\\docrail-canary", b"x"), ("CON", b"x"))
    yield "twice.zip", make_zip(("a.txt", b"one"), ("a.txt", b"two"), ("A.TXT", b"three"))
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    yield "link.zip", make_zip((link, b"/etc/passwd"), ("ok.txt", b"fine"))
    yield "shared.zip", _share(make_zip(("a.txt", b"hello" * 100)), 300)
    yield "zip64.zip", make_zip(("a.txt", b"x"))[:-22] + _end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    deep = make_zip(("a.txt", b"x"))
    for _ in range(60):
        deep = make_zip(("a.zip", deep))
    yield "deep.zip", deep
    yield "bomb.zip", make_zip(*((f"{number}.txt", bytes(30_000_000)) for number in range(4)))
    yield "cut.zip", make_zip(("a.txt", b"hello" * 1000))[:-40]
    head = b"From: a@example.org\nSubject: x\nMIME-Version: 1.0\n"
    part = b"--b\nContent-Disposition: attachment; filename=a.txt\n\nhi\n"
    yield "parts.eml", head + b"Content-Type: multipart/mixed; boundary=b\n\n" + part * 10_000 + b"--b--\n"
    inner = head + b"\nbody"
    for _ in range(200):
        inner = head + b"Content-Type: message/rfc822\n\n" + inner
    yield "mails.eml", inner
    yield "base64.eml", head + b"Content-Transfer-Encoding: base64\n\n=====AAAA\xff\xff!!"


def _share(archive: bytes, times: int) -> bytes:
    """The archive with its one entry listed so many times over the same bytes."""
    start, end = archive.index(b"PK\1\2"), archive.index(b"PK\5\6")
    listed = archive[start:end] * times
    return archive[:start] + listed + _end(times, len(listed), start)


def _end(entries: int, size: int, offset: int) -> bytes:
    return struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, entries, entries, size, offset, 0)
