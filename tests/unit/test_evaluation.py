"""How an extraction is judged, and how truth files are read."""

import json
from pathlib import Path

import pytest

from docrail.core.errors import InvalidInput
from docrail.core.evaluation import Judged, coverage, judge, mistakes, score_fields
from docrail.core.model import Box, Cell, Layout, Line, Page, Source, Value, Word
from docrail.core.spec import Field, FieldType
from docrail.usecases.evaluate import Sample, evaluate, evaluation_to_json
from docrail.usecases.truth import files_beside, match_files, read_truth

FIELDS = [Field(name="total", type=FieldType.NUMBER), Field(name="company")]


def one(expected: Value, actual: Value, confidence: float = 1.0) -> Judged:
    return Judged(
        document="a", field="f", expected=expected, actual=actual, confidence=confidence, page=1, why=None
    )


def test_values_are_compared_by_their_type() -> None:
    found = Cell(field="total", value=12.001, confidence=0.9, phase="x")
    judged = judge("a.pdf", {"total": 12, "company": None}, {"total": found})
    assert [each.is_right for each in judged] == [True, True]
    assert score_fields(judged)["total"].f1 == 1.0


def test_a_value_found_where_there_is_none_costs_precision() -> None:
    scores = score_fields([one("x", "x"), one(None, "y")])["f"]
    assert (scores.precision, scores.recall) == (0.5, 1.0)


def test_coverage_never_parts_values_of_one_confidence() -> None:
    judged = [one("x", "x", 0.9), one("x", "y", 0.9), one("x", "x", 0.5)]
    assert coverage(judged, precision=0.9) is None
    assert coverage(judged, precision=0.5) == (2 / 3, 0.5)


def test_mistakes_come_surest_first_and_leave_out_what_is_right() -> None:
    judged = [one("x", None, 0.0), one("x", "y", 0.8), one("x", "x", 0.9)]
    assert [each.confidence for each in mistakes(judged)] == [0.8, 0.0]


def test_every_line_of_truth_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    truth.write_text('{"document": "a.pdf"}\nno\n{"document": "b.pdf", "fields": {"totl": 1}}\n')
    with pytest.raises(InvalidInput) as raised:
        read_truth(truth, FIELDS)
    assert [problem.path for problem in raised.value.problems] == ["line 1", "line 2", "line 3"]
    assert "did you mean 'total'" in raised.value.problems[2].message


def test_a_truth_line_finds_its_file_by_the_end_of_its_path(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.pdf").touch()
    files = sorted(tmp_path.rglob("*.pdf"))
    truth = tmp_path / "truth.jsonl"
    truth.write_text(json.dumps({"document": "two/a.pdf", "fields": {"total": 1}}))
    lines = read_truth(truth, FIELDS)
    assert [file for _, file in match_files(lines, files)] == [tmp_path / "two" / "a.pdf"]
    assert files_beside(lines, truth)[0][1] == tmp_path / "two" / "a.pdf"
    truth.write_text(json.dumps({"document": "a.pdf", "fields": {"total": 1}}))
    with pytest.raises(InvalidInput):
        match_files(read_truth(truth, FIELDS), files)
    with pytest.raises(InvalidInput, match="not there"):
        files_beside(read_truth(truth, FIELDS), truth)


def make_sample(name: str) -> Sample:
    rows = [("Quarterly", "note"), ("Warden", "", "", f"{name}son"), ("Keeper", "", "", "Brook")]
    lines = tuple(
        Line(
            words=tuple(
                Word(text=text, box=Box(x0=60.0 * at, y0=20.0 * row, x1=60.0 * at + 40, y1=20.0 * row + 10))
                for at, text in enumerate(words)
                if text
            )
        )
        for row, words in enumerate(rows)
    )
    page = Page(number=1, width=600, height=800, source=Source.PLAIN, lines=lines)
    return Sample(
        name=name, layout=Layout(media_type="text/plain", pages=(page,)), truth={"person": f"{name}son"}
    )


def test_folds_show_what_learning_brings() -> None:
    samples = [make_sample(name) for name in ("Ada", "Bo", "Cleo", "Dirk", "Eve", "Finn", "Gus", "Hans")]
    made = evaluation_to_json(evaluate([Field(name="person", format="name")], samples, folds=4))
    assert [point["documents"] for point in made["curve"]] == [0, 5, 6]
    assert made["all"]["f1"] == 1.0 > made["untaught"]["f1"]


def test_a_document_that_cannot_be_read_counts_as_one_in_which_nothing_is_found() -> None:
    sample = Sample(name="broken.pdf", layout=None, truth={"person": "Ada"})
    made = evaluation_to_json(evaluate([Field(name="person")], [sample]))
    assert made["unread"] == ["broken.pdf"]
    assert made["all"]["recall"] == 0.0
    assert made["mistakes"][0]["found"] is None


def test_more_folds_than_documents_are_refused() -> None:
    with pytest.raises(InvalidInput, match="--folds"):
        evaluate([Field(name="person")], [make_sample("Ada")], folds=5)
