"""`docrail progress`: where a run stands, now or as it goes."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from docrail.cli.follow import watch
from docrail.cli.ids import find_pipeline
from docrail.cli.opening import Home, Json, opened
from docrail.cli.screen import file_names, progress_screen
from docrail.usecases.pipelines import get_pipeline, get_progress
from docrail.usecases.progress_json import progress_to_json
from docrail.usecases.times import read_time

app = typer.Typer()


@app.command("progress")
def progress(
    pipeline: Annotated[str, typer.Argument(help="An id, its last characters, or `last`.")] = "last",
    watching: Annotated[bool, typer.Option("--watch", help="Stay until the run has ended.")] = False,
    at: Annotated[str | None, typer.Option(help="As it was then: 2026-11-24T10:00:00Z.")] = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Show where a run stands, phase by phase.

    Example: docrail progress last --watch
    """
    with opened(home) as program:
        pipeline_id = find_pipeline(program, pipeline)
        then = None if at is None else read_time(at, path="--at")
        if as_json and not watching:
            sys.stdout.write(progress_to_json(get_progress(program, pipeline_id, at=then)).decode() + "\n")
            return
        console = Console(file=sys.stderr) if as_json else Console()
        title = get_pipeline(program, pipeline_id).name
        with progress_screen(console, title=title, file_name=file_names(program)) as show:
            if then is not None:
                show(get_progress(program, pipeline_id, at=then))
                return
            last = watch(program, pipeline_id, show, seconds=None if watching else 0)
        if as_json:
            sys.stdout.write(progress_to_json(last).decode() + "\n")
