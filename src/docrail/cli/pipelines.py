"""`docrail pipelines`, `retry` and `cancel`: the runs, and what to do with them."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from docrail.cli.follow import follow
from docrail.cli.ids import find_pipeline, short
from docrail.cli.live import counted
from docrail.cli.opening import Home, Json, opened
from docrail.cli.outcome import exit_code, show_outcome
from docrail.cli.printing import print_json
from docrail.core.progress import RunStatus
from docrail.usecases.pipelines import cancel_pipeline, list_pipelines, retry_pipeline
from docrail.usecases.times import iso_time

app = typer.Typer()
Pipeline = Annotated[str, typer.Argument(help="An id, its last characters, or `last`.")]


@app.command("pipelines")
def pipelines(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to list.")] = 20,
    status: Annotated[RunStatus | None, typer.Option(help="Only those of this status.")] = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """List the runs, newest first.

    Example: docrail pipelines --status active
    """
    with opened(home) as program:
        page, total = list_pipelines(program, limit=limit, status=status)
    if as_json:
        print_json([{"id": r.id, "name": r.name, "status": r.status, "documents": r.total} for r in page])
        return
    table = Table("id", "name", "status", "documents", "started", box=None, pad_edge=False)
    for run in page:
        table.add_row(short(run.id), run.name, run.status, f"{run.total:,}", iso_time(run.created_at))
    Console().print(table if page else "There is no pipeline yet: start one with `docrail run`.")
    if total > len(page):
        Console().print(f"… and {total - len(page):,} more: raise --limit", style="dim")


@app.command("retry")
def retry(
    pipeline: Pipeline,
    phase: Annotated[str | None, typer.Option(help="Only documents that failed at this phase.")] = None,
    code: Annotated[str | None, typer.Option(help="Only documents that failed with this code.")] = None,
    document: Annotated[list[str] | None, typer.Option(help="Only this document (repeatable).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many would run.")] = False,
    no_work: Annotated[
        bool, typer.Option("--no-work", help="Queue them and leave the work to others.")
    ] = False,
    home: Home = None,
) -> None:
    """Run failed documents again, from the phase that failed.

    Example: docrail retry last --code timeout
    """
    with opened(home) as program:
        pipeline_id = find_pipeline(program, pipeline)
        retried = retry_pipeline(
            program, pipeline_id, phase=phase, code=code, document_ids=document or None, dry_run=dry_run
        )
        console = Console()
        again = "would run again" if dry_run else f"again, generation {retried.generation}"
        console.print(f"{counted(retried.documents, 'document')} {again}", highlight=False)
        if dry_run or no_work:
            return
        progress = follow(program, pipeline_id, console)
        show_outcome(program, progress, console)
        raise typer.Exit(exit_code(progress))


@app.command("cancel")
def cancel(pipeline: Pipeline, home: Home = None) -> None:
    """End a run; what is finished stays.

    Example: docrail cancel last
    """
    with opened(home) as program:
        pipeline_id = find_pipeline(program, pipeline)
        cancel_pipeline(program, pipeline_id)
        Console().print(f"pipeline {pipeline_id} is cancelled", highlight=False)
