"""Where progress is shown: a picture in place on a terminal, a line now and then everywhere else."""

import io
import itertools
from dataclasses import replace

from rich.console import Console

from docrail.cli.screen import progress_screen
from docrail.core.progress import PhaseProgress, Progress, RunStatus

TRANSFER = PhaseProgress(
    phase_id="transfer",
    name="Transfer",
    type="transfer",
    completed=1,
    running=1,
    pending=0,
    errors=0,
    skipped=0,
)
PROGRESS = Progress(
    pipeline_id="a",
    status=RunStatus.ACTIVE,
    total_documents=2,
    completed_documents=1,
    error_documents=0,
    phases=(TRANSFER,),
    errors=(),
    errors_total=0,
    errors_next_cursor=None,
    error_groups=(),
    partial_documents=0,
    cancelled_documents=0,
    held_fields=0,
    finalization_pending=(),
    generation=1,
    revision=1,
    started_at=0,
    updated_at=0,
    finished_at=None,
    documents_per_second=None,
    eta=None,
)


def test_without_a_terminal_there_is_a_line_when_something_changed_and_a_second_went_by():
    clock = itertools.count(step=0.5).__next__
    console = Console(file=io.StringIO(), width=80)
    with progress_screen(console, title="Invoices", file_name=str, clock=clock) as show:
        for revision in (1, 1, 1, 1, 2, 3, 4):
            show(replace(PROGRESS, revision=revision, held_fields=revision))
        show(replace(PROGRESS, revision=5, held_fields=5, status=RunStatus.COMPLETED, finished_at=9000))
    lines = console.file.getvalue().splitlines()
    assert [line.split(" · ")[2] for line in lines] == [
        "1 field held",
        "2 fields held",
        "4 fields held",
        "5 fields held",
    ]
    assert lines[-1].startswith("0:09 completed")


def test_on_a_terminal_the_picture_is_drawn_again_in_place():
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    with progress_screen(console, title="Invoices", file_name=str) as show:
        show(PROGRESS)
        show(replace(PROGRESS, revision=2))
    written = console.file.getvalue()
    assert written.count("Invoices") >= 2
    assert "\x1b[1A" in written
