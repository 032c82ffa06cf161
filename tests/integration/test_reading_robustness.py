"""Hostile and broken files behave as their truth says, one after another in one Reader."""

import json
import re
from collections.abc import Iterator
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
def test_a_hostile_file_behaves(case: dict[str, Any], reader: Reader) -> None:
    path = DATA / case["document"]
    try:
        layout = reader.read(path, filename=path.name)
    except DocumentError as error:
        assert case["outcome"] != "process", error
        assert error.code in CODES, error
        return
    assert case["outcome"] != "reject"
    check_text(case, layout)


def check_text(case: dict[str, Any], layout: Layout) -> None:
    for wanted in (*case.get("contains", ()), *case.get("contains_if_processed", ())):
        assert wanted in layout.text
    for unwanted in case.get("not_contains", ()):
        assert unwanted not in layout.text
    if case["category"] == "prompt-injection" and "visible" not in case["document"]:
        assert "999999.99" not in layout.text
        assert any("999999.99" in hidden.text for page in layout.pages for hidden in page.hidden)
