"""`docrail results` and `docrail export`: the table of a run."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from docrail.cli.ids import find_pipeline
from docrail.cli.live import counted
from docrail.cli.opening import Home, Json, opened
from docrail.cli.outcome import default_target, show_failures, show_held, show_rows
from docrail.cli.printing import print_json
from docrail.store.thresholds import Thresholds
from docrail.usecases.exports import Kind, describe_beside, export_pipeline
from docrail.usecases.pipelines import get_progress
from docrail.usecases.products import ProductRow, pipeline_rows

app = typer.Typer()
Pipeline = Annotated[str, typer.Argument(help="An id, its last characters, or `last`.")]


@app.command("results")
def results(
    pipeline: Pipeline = "last",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many rows to print.")] = 20,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Print the table of a run, also while it runs.

    Example: docrail results last --limit 50
    """
    with opened(home) as program:
        pipeline_id = find_pipeline(program, pipeline)
        if as_json:
            print_json([_row(row) for row in pipeline_rows(program, pipeline_id, limit=limit)])
            return
        console, progress = Console(), get_progress(program, pipeline_id)
        show_rows(program, pipeline_id, console, limit=limit)
        show_held(program, progress, console)
        show_failures(program, progress, console)


@app.command("export")
def export(
    pipeline: Pipeline = "last",
    out: Annotated[Path | None, typer.Option("--out", help="A .csv, .parquet, .jsonl or .xlsx file.")] = None,
    audit: Annotated[bool, typer.Option("--audit", help="One row a cell, with where it came from.")] = False,
    describe: Annotated[
        bool, typer.Option("--describe", help="Also write its .schema.json and .quality.json.")
    ] = False,
    min_confidence: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Leave out values less sure than this.")
    ] = 0.0,
    require_validation_pass: Annotated[
        bool, typer.Option("--require-validation-pass", help="Leave out values that any check failed.")
    ] = False,
    home: Home = None,
) -> None:
    """Write the table of a run to a file.

    Example: docrail export last --out table.xlsx --audit
    """
    with opened(home) as program:
        pipeline_id = find_pipeline(program, pipeline)
        target = out or default_target(program, pipeline_id)
        wanted = Thresholds(min_confidence=min_confidence, require_validation_pass=require_validation_pass)
        kind: Kind = "audit" if audit else "plain"
        rows = export_pipeline(program, pipeline_id, target, kind=kind, thresholds=wanted)
        if describe:
            describe_beside(program, pipeline_id, target, wanted)
        Console().print(f"{counted(rows, 'row')} in {target}", markup=False, highlight=False, soft_wrap=True)


def _row(row: ProductRow) -> dict[str, Any]:
    return {"filenames": list(row.filenames.values()), "status": row.status, "record": row.values}
