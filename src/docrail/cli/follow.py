"""Works on a run until it ends, or watches another process do so, and shows where it stands."""

import shlex
import time

from rich.console import Console

from docrail.bootstrap import Program, working
from docrail.cli.leaving import leaving_when_asked
from docrail.cli.screen import Show, file_names, progress_screen
from docrail.config import Settings
from docrail.core.progress import Progress
from docrail.store.workers import Worker
from docrail.usecases.pipelines import get_pipeline, get_progress, get_revision
from docrail.usecases.workers import let_go

LOOK_EVERY = 0.1
TAKE_OVER_AFTER = 1.0


def follow(program: Program, pipeline_id: str, console: Console) -> Progress:
    """Show a run until it is terminal, and work on it unless another process does; the last progress.

    Only one process works on a home folder. If it is another one, this one watches, asks again every second, and
    goes on with the work when the other is gone.
    """
    title = get_pipeline(program, pipeline_id).name
    worker: Worker | None = None

    def leave() -> None:
        if worker is not None:
            let_go(program, worker)

    with (
        progress_screen(console, title=title, file_name=file_names(program)) as show,
        leaving_when_asked(f"Nothing is lost; go on with\n\n    {_command(program, pipeline_id)}", leave),
    ):
        progress = get_progress(program, pipeline_id)
        while not progress.status.terminal:
            with working(program) as worker:
                progress = watch(program, pipeline_id, show, seconds=None if worker else TAKE_OVER_AFTER)
        show(progress)
    return progress


def watch(program: Program, pipeline_id: str, show: Show, *, seconds: float | None = None) -> Progress:
    """Show a run until it is terminal, or for `seconds`; the last progress."""
    started = time.monotonic()
    progress = get_progress(program, pipeline_id)
    show(progress)
    while not progress.status.terminal and (seconds is None or time.monotonic() - started < seconds):
        time.sleep(LOOK_EVERY)
        if get_revision(program, pipeline_id) != progress.revision:
            progress = get_progress(program, pipeline_id)
        show(progress)
    return progress


def _command(program: Program, pipeline_id: str) -> str:
    """What to type to go on with a run, from the same folder."""
    home = program.settings.home
    return f"docrail resume {pipeline_id}" + (
        "" if home == Settings().home else f" --home {shlex.quote(home)}"
    )
