"""`docrail run` and `docrail resume`: documents go through the rail, and one sees how."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from docrail.bootstrap import Program
from docrail.cli.follow import follow
from docrail.cli.ids import find_pipeline
from docrail.cli.intake import take_files
from docrail.cli.live import counted
from docrail.cli.opening import Home, Json, opened
from docrail.cli.outcome import exit_code, show_outcome
from docrail.cli.problems import FAILED, SOME_FAILED, error_console
from docrail.core.errors import InvalidInput
from docrail.core.progress import Progress
from docrail.usecases.exports import check_target
from docrail.usecases.pipelines import create_pipeline, unfinished_pipelines
from docrail.usecases.progress_json import progress_to_json
from docrail.usecases.sidecars import find_files
from docrail.usecases.spec_versions import save_spec
from docrail.usecases.specs import load_spec

app = typer.Typer()
Out = Annotated[
    Path | None, typer.Option("--out", help="Where the table is written: .csv, .parquet, .jsonl or .xlsx.")
]


@app.command("run")
def run(
    paths: Annotated[list[str], typer.Argument(help="Files, folders (all below) and globs.")],
    spec: Annotated[str, typer.Option("--spec", help="The spec file, or module:Model of Pydantic.")],
    out: Out = None,
    name: Annotated[str | None, typer.Option("--name", help="What to call the run.")] = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Take documents through the rail of a spec, show the progress, print the table.

    Example: docrail run invoices/ --spec invoice.yaml --out table.csv
    """
    wanted = load_spec(spec)
    files = find_files(paths)
    if not files:
        raise InvalidInput(f"there are no files in {', '.join(paths)}: give files, folders or globs")
    check_target(out)
    with opened(home) as program:
        kept = save_spec(program, wanted)
        taken = take_files(program, files)
        if not taken.document_ids:
            error_console().print("Nothing to run: every file was refused.")
            raise typer.Exit(FAILED)
        pipeline = create_pipeline(program, spec_id=kept.id, document_ids=taken.document_ids, name=name)
        code = _finish(program, pipeline.id, out=out, as_json=as_json)
        _mention_others(program)
        raise typer.Exit(code if code or not taken.refused else SOME_FAILED)


@app.command("resume")
def resume(
    pipeline: Annotated[str | None, typer.Argument(help="An id, its last characters, or `last`.")] = None,
    out: Out = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Go on with a run that was interrupted, or with every unfinished one.

    Example: docrail resume last
    """
    check_target(out)
    with opened(home) as program:
        ids = [find_pipeline(program, pipeline)] if pipeline else unfinished_pipelines(program)
        if not ids:
            error_console().print("There is nothing to resume: every run has ended.")
        if out is not None and len(ids) > 1:
            raise InvalidInput(f"{len(ids)} runs cannot be written to one file: resume one of them by its id")
        codes = [_finish(program, each, out=out, as_json=as_json) for each in ids]
        raise typer.Exit(max(codes, default=0))


def _finish(program: Program, pipeline_id: str, *, out: Path | None, as_json: bool) -> int:
    """Follow a run to its end and show what came of it; the exit code."""
    console = Console(file=sys.stderr) if as_json else Console()
    progress = follow(program, pipeline_id, console)
    show_outcome(program, progress, console, out=out)
    if as_json:
        _print_json(progress)
    return exit_code(progress)


def _mention_others(program: Program) -> None:
    """Other runs of this home folder went along while this one did; say so if any has not ended."""
    others = len(unfinished_pipelines(program))
    if others:
        console = error_console()
        console.print(
            f"Not ended: {counted(others, 'other run')}; go on with `docrail resume`.", highlight=False
        )


def _print_json(progress: Progress) -> None:
    sys.stdout.write(progress_to_json(progress).decode() + "\n")
    sys.stdout.flush()
