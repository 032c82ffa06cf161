"""More of each kind of hostile file: typed errors or a layout, nothing fetched, nothing written, in time."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.reading_alone import CODES, listening
from tests.made import hostile

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
