"""Hostile and broken files behave as their truth says, each in a fresh process."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.integration.reading_alone import CODES, Outcome, check_cost, listening, read_alone
from tests.made.hostile import BIG_FILES

DATA = Path(__file__).parents[1] / "data/robustness"
CASES = [json.loads(line) for line in (DATA / "truth.jsonl").read_text().splitlines()]
CHECKED = {
    *(
        "document",
        "category",
        "outcome",
        "bytes",
        "limits",
        "contains",
        "contains_if_processed",
        "not_contains",
    ),
    *("must_not_write", "no_network", "truth", "pages", "rows"),
}
# Said to people, or of use to others: `export_check` is held by the tests of exports.
NOT_CHECKED = {"why", "source", "licence", "note", "password", "expanded_bytes", "export_check"}
LIE = "999999.99"


def test_nothing_the_truth_says_is_overlooked() -> None:
    assert {key for case in CASES for key in case} <= CHECKED | NOT_CHECKED
    assert len(CASES) == 85


@pytest.mark.parametrize("case", CASES, ids=lambda case: re.sub(r"^documents/", "", case["document"])[:60])
def test_a_hostile_file_behaves(case: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    path = find(case, tmp_path)
    assert path.stat().st_size == case["bytes"]
    with listening(9) as (_, heard):
        outcome = read_alone(path, folder, limits=case["limits"])
    check_cost(outcome, case["limits"])
    assert heard == []
    for name in case.get("must_not_write", ()):
        assert [path for path in tmp_path.rglob("*") if name in path.name] == []
    if outcome.answer["outcome"] == "reject":
        assert outcome.answer["code"] in CODES
        assert case["outcome"] != "process", outcome.answer
    else:
        assert case["outcome"] != "reject"
        check_answer(case, outcome)


def find(case: dict[str, Any], tmp_path: Path) -> Path:
    """The file, made here if it is too big for the project."""
    path = DATA / case["document"]
    if not path.exists():
        path = tmp_path / path.name
        path.write_bytes(BIG_FILES[path.name]())
    return path


def check_answer(case: dict[str, Any], outcome: Outcome) -> None:
    answer = outcome.answer
    for wanted in (*case.get("contains", ()), *case.get("contains_if_processed", ())):
        assert wanted in answer["text"]
    for unwanted in case.get("not_contains", ()):
        assert unwanted not in answer["text"]
    if truth := case.get("truth"):
        assert truth["invoice_number"] in answer["text"]
        assert f"{truth['total']:.2f}" in answer["text"]
    if case["category"] == "prompt-injection" and "visible" not in case["document"]:
        assert LIE not in answer["text"]
        assert any(LIE in hidden for hidden in answer["hidden"])
    if "pages" in case:
        assert answer["pages"] < case["pages"]
        assert "pages_not_read" in answer["issues"]
    if "rows" in case:
        assert answer["rows"] == [case["rows"] + 1]
