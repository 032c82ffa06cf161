"""Hostile and broken files behave as their truth says, one after another in one Reader."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from docrail.core.errors import DocumentError
from docrail.core.model import Layout
from docrail.reading.sandbox import Limits, Reader

DATA = Path(__file__).parents[1] / "data/robustness"
CASES = [json.loads(line) for line in (DATA / "truth.jsonl").read_text().splitlines()]
CODES = {"unreadable", "encrypted", "empty", "unsupported", "too_large", "timeout", "out_of_memory"}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(limits=Limits(seconds=30, memory_mb=1024)) as reader:
        yield reader


@pytest.mark.parametrize("case", CASES, ids=lambda case: re.sub(r"^documents/", "", case["document"])[:60])
def test_a_hostile_file_behaves(case: dict[str, Any], reader: Reader, tmp_path: Path) -> None:
    path = DATA / case["document"]
    try:
        layout = reader.read(path, filename=path.name)
    except DocumentError as error:
        assert case["outcome"] != "process", error
        assert error.code in CODES, error
        return
    assert case["outcome"] != "reject"
    check_text(case, layout, layout.text + read_inside(reader, path, tmp_path))


def read_inside(reader: Reader, path: Path, folder: Path) -> str:
    """The text of all files in a mail, at any depth: documents of their own in a run."""
    if path.suffix not in (".eml", ".zip"):
        return ""
    places = []
    with reader.unpacking(path, filename=path.name, most=100, most_bytes=100_000_000) as container:
        for n, part in enumerate(container):
            place = folder / f"{n}{Path(part.name).suffix}"
            with suppress(DocumentError):  # named only, with why it is not taken
                place.write_bytes(b"".join(part.blocks()))
                places.append(place)
    texts = []
    for n, place in enumerate(places):
        if place.suffix != ".zip":
            with suppress(DocumentError):  # a document of its own: its failure is its own, too
                texts.append(reader.read(place, filename=place.name).text)
        (folder / f"in-{n}").mkdir()
        texts.append(read_inside(reader, place, folder / f"in-{n}"))
    return "\n".join(texts)


def check_text(case: dict[str, Any], layout: Layout, text: str) -> None:
    for wanted in (*case.get("contains", ()), *case.get("contains_if_processed", ())):
        assert wanted in text
    for unwanted in case.get("not_contains", ()):
        assert unwanted not in text
    if case["category"] == "prompt-injection" and "visible" not in case["document"]:
        assert "999999.99" not in layout.text
        assert any("999999.99" in hidden.text for page in layout.pages for hidden in page.hidden)
