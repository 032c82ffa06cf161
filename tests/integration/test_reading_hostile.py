"""More of each kind of hostile file: typed errors or a layout, nothing fetched, nothing written, in time."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.reading_alone import CODES, listening
from tests.made import hostile
from tests.made.hostile_archive import hostile_archives
from tests.made.hostile_pdf import hostile_pdfs

from docrail.core.errors import DocumentError
from docrail.reading.sandbox import Limits, Reader

PORT = 47_163
SECONDS = 60
MAKERS: dict[str, Callable[[], Iterator[tuple[str, bytes]]]] = {
    "xml": lambda: hostile.hostile_xml(PORT),
    "links": lambda: hostile.hostile_links(PORT),
    "packages": hostile.hostile_packages,
    "texts": hostile.hostile_texts,
    "mails": hostile.hostile_mails,
    "pictures": hostile.hostile_pictures,
    "pdfs": lambda: hostile_pdfs(PORT),
}
REFUSED = {
    **dict.fromkeys(("bomb.docx", "bomb.odt", "bomb.xlsx", "bomb.pptx"), "too_large"),
    **dict.fromkeys(("huge.png", "huge.bmp", "huge.gif", "huge.tif", "huge.jpg"), "too_large"),
    "encrypted.docx": "encrypted",
    "deep.json": "too_large",
    "deep-objects.json": "too_large",
    "nested-3000.eml": "too_large",
    "nuls.txt": "unsupported",
}
SHOWN = {
    "links.docx": "seen",
    "links.xlsx": "seen",
    "links.html": "seen",
    "traversal.docx": "seen",
    "image.odt": "seen",
    "dde.csv": "=cmd|'/C calc'!A0",
    "utf16.txt": "5,00 €",
    "names.eml": "seen",
    "bidi.txt": "120.00",
    **dict.fromkeys(("script.pdf", "open.pdf", "other-file.pdf", "objects.pdf", "notes.pdf"), "NW-2601"),
    **dict.fromkeys(
        ("fields.pdf", "squares.pdf", "far-text.pdf", "field-loop.pdf", "attached.pdf"), "NW-2601"
    ),
}
NEVER = ("root:x:", "lollollollol", "Ignore all")


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(limits=Limits(seconds=SECONDS, memory_mb=1024, cells=50_000)) as reader:
        yield reader


@pytest.mark.parametrize("kind", MAKERS)
def test_hostile_files_of_each_kind_are_read_or_refused(kind: str, reader: Reader, tmp_path: Path) -> None:
    wrong = []
    with listening(PORT) as (_, heard):
        for name, data in MAKERS[kind]():
            path = tmp_path / "file"
            path.write_bytes(data)
            started = time.monotonic()
            became, text = read(reader, path, name)
            seconds = time.monotonic() - started
            if reason := find_fault(name, became, text, seconds):
                wrong.append(f"{name}: {reason} ({became}, {seconds:.1f} s)")
    assert wrong == []
    assert heard == []
    assert [path.name for path in (*tmp_path.iterdir(), *Path("/tmp").glob("docrail-canary*"))] == ["file"]


def test_hostile_archives_and_mails_are_taken_apart_or_refused(reader: Reader, tmp_path: Path) -> None:
    became = {}
    for name, data in hostile_archives():
        path = tmp_path / "file"
        path.write_bytes(data)
        started = time.monotonic()
        became[name] = take_apart(reader, path, name)
        assert time.monotonic() - started < SECONDS, name
    codes = {code for parts in became.values() for _, code in parts}
    assert codes <= CODES | {"", "ignored"}
    assert became["link.zip"] == [("link", "unsupported"), ("ok.txt", "")]
    assert became["shared.zip"] == [("a.txt", "unreadable")] * 300
    assert became["twice.zip"] == [("a.txt", ""), ("a.txt", ""), ("A.TXT", "")]
    assert became["bomb.zip"] == [(f"{number}.txt", "too_large") for number in range(4)]
    assert len(became["parts.eml"]) == 1001
    assert became["zip64.zip"] == became["cut.zip"] == [("", "unreadable")]
    assert [path.name for path in (*tmp_path.iterdir(), *Path("/tmp").glob("docrail-canary*"))] == ["file"]


def take_apart(reader: Reader, path: Path, name: str) -> list[tuple[str, str]]:
    """The names of the files in it and the codes they ended with; for the whole a code without a name."""
    parts = []
    try:
        with reader.unpacking(path, filename=name, most=1000, most_bytes=200_000_000) as container:
            for part in container:
                try:
                    sum(map(len, part.blocks()))
                    parts.append((part.name, ""))
                except DocumentError as error:
                    parts.append((part.name, error.code))
    except DocumentError as error:
        parts.append(("", error.code))
    return parts


def read(reader: Reader, path: Path, name: str) -> tuple[str, str]:
    """(what became of it, its text)."""
    try:
        return "read", reader.read(path, filename=name).text
    except DocumentError as error:
        assert len(error.message) < 600
        return error.code, ""


def find_fault(name: str, became: str, text: str, seconds: float) -> str | None:
    if became not in CODES | {"read"}:
        return "no code of a file"
    if name in REFUSED and became != REFUSED[name]:
        return f"should be {REFUSED[name]}"
    if name in SHOWN and SHOWN[name] not in text:
        return f"should show {SHOWN[name]}"
    if any(word in text for word in NEVER):
        return "shows what it must not"
    return "too slow" if seconds > SECONDS + 2 or became == "timeout" else None
