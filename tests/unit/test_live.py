"""The picture of a run shows the numbers of its Progress and nothing else, at any width."""

import io
import re

import pytest
from rich.console import Console

from docrail.cli.live import COUNTERS, bar, describe, draw
from docrail.core.plan import Scope
from docrail.core.progress import ErrorEntry, ErrorGroup, PhaseProgress, Progress, RunStatus

ROWS = (
    PhaseProgress(
        phase_id="a",
        name="Read",
        type="transfer",
        completed=1200,
        running=31,
        pending=758,
        errors=11,
        skipped=0,
    ),
    PhaseProgress(
        phase_id="b",
        name="Check",
        type="validation",
        completed=7,
        running=2,
        pending=1978,
        errors=2,
        skipped=11,
    ),
    PhaseProgress(
        phase_id="c",
        name="Compose",
        type="assembly",
        completed=0,
        running=0,
        pending=2000,
        errors=0,
        skipped=0,
        scope=Scope.PIPELINE,
    ),
)


def make_error(number, *, document=True):
    return ErrorEntry(
        pipeline_document_id=f"r{number}" if document else None,
        document_id=f"d{number}" if document else None,
        phase="b" if number % 2 else None,
        message=f"Reason {number}.",
        code="unreadable",
        attempts=1,
        retryable=False,
        at=number,
    )


def make_progress(*, errors=(), cursor=None, groups=()):
    return Progress(
        pipeline_id="run",
        status=RunStatus.ACTIVE,
        total_documents=2000,
        completed_documents=7,
        error_documents=13,
        phases=ROWS,
        errors=errors,
        errors_total=13,
        errors_next_cursor=cursor,
        error_groups=groups,
        partial_documents=3,
        cancelled_documents=0,
        held_fields=5,
        finalization_pending=(),
        generation=1,
        revision=9,
        started_at=0,
        updated_at=10_000,
        finished_at=None,
        documents_per_second=2.04,
        eta=(600, 1300),
    )


def drawn(progress, *, width=100):
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    picture = draw(progress, title="Invoices", file_name=lambda each: f"{each}.pdf", seconds=75, width=width)
    console.print(picture)
    return console.file.getvalue()


def row_numbers(text, name):
    line = next(line for line in text.splitlines() if line.startswith(name))
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", line)]


@pytest.mark.parametrize("width", [72, 80, 100, 200])
def test_every_row_shows_its_five_counters(width):
    text = drawn(make_progress(), width=width)
    for row in ROWS:
        assert row_numbers(text, row.name) == [getattr(row, name) for name, _ in COUNTERS]


def test_the_totals_are_those_of_the_progress():
    words = " ".join(drawn(make_progress(), width=200).split())
    assert "7 of 2,000 documents completed (3 partial) · 13 errors · 5 fields held" in words
    assert "2.0 documents/s · 10:00 to 21:40 left" in words
    assert "Invoices active" in words
    assert "1:15" in words


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_line_is_wider_than_the_screen(width):
    progress = make_progress(errors=(make_error(1), make_error(2)))
    assert max(len(line) for line in drawn(progress, width=width).splitlines()) <= width


def test_the_latest_errors_stand_with_their_file_names():
    lines = drawn(make_progress(errors=tuple(make_error(n) for n in range(5)))).splitlines()
    shown = [line.strip() for line in lines if line.startswith("✗")]
    assert shown == [
        "✗ d2.pdf (before any phase): Reason 2.",
        "✗ d3.pdf (Check): Reason 3.",
        "✗ d4.pdf (before any phase): Reason 4.",
    ]


def test_an_error_of_the_run_has_no_file_name():
    assert "✗ Check: Reason 1." in drawn(make_progress(errors=(make_error(1, document=False),)))


def test_more_errors_than_one_page_are_shown_by_cause():
    groups = (ErrorGroup(phase="b", code="unreadable", count=1500, example="Cannot be read."),)
    text = drawn(make_progress(errors=(make_error(1),), cursor="1", groups=groups))
    assert "✗ 1,500 × Cannot be read." in text
    assert "Reason 1" not in text


def test_the_plain_line_has_the_same_numbers_on_one_line():
    line = describe(make_progress(), seconds=75)
    assert "\n" not in line
    assert line.startswith("1:15 active · 7 of 2,000 documents completed (3 partial) · 13 errors")
    assert "Read 1,200 completed, 31 running, 758 pending, 11 errors" in line
    assert "Check 7 completed, 2 running, 1,978 pending, 2 errors, 11 skipped" in line


@pytest.mark.parametrize("width", [8, 13, 40])
def test_a_bar_is_as_long_as_asked_and_shows_every_counter(width):
    for row in ROWS:
        text = bar(row, total=2000, width=width)
        assert len(text) == width
        styles = {span.style for span in text.spans if span.end > span.start}
        assert styles == {style for name, style in COUNTERS if getattr(row, name)}
