"""`docrail run` and `docrail resume`: documents go through the rail, and one sees how."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from docrail.bootstrap import Program
from docrail.cli.follow import follow
from docrail.cli.ids import find_pipeline
from docrail.cli.opening import Home, Json, opened
from docrail.cli.outcome import exit_code, show_outcome
from docrail.cli.problems import SOME_FAILED, error_console
from docrail.core.errors import InvalidInput
from docrail.core.progress import Progress
from docrail.usecases.documents import Admission, add_paths, find_files
from docrail.usecases.exports import check_target
from docrail.usecases.pipelines import create_pipeline, unfinished_pipelines
from docrail.usecases.progress_json import progress_to_json
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
        admissions = list(add_paths(program, files))
        refused = _report(admissions)
        ids = [each.document.id for each in admissions if each.document]
        if not ids:
            raise InvalidInput("none of the files could be taken")
        pipeline = create_pipeline(program, spec_id=kept.id, document_ids=ids, name=name)
        code = _finish(program, pipeline.id, out=out, as_json=as_json)
        raise typer.Exit(code if code or not refused else SOME_FAILED)


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


def _print_json(progress: Progress) -> None:
    sys.stdout.write(progress_to_json(progress).decode() + "\n")
    sys.stdout.flush()


def _report(admissions: Sequence[Admission]) -> int:
    """Say which files are the same or cannot be taken; how many were refused."""
    console = error_console()
    seen: dict[str, str] = {}
    for each in admissions:
        if each.document is None:
            console.print(f"refused {each.filename}: {each.reason}", style="red", markup=False)
            continue
        first = seen.setdefault(each.document.id, each.filename)
        if first is not each.filename:
            console.print(
                f"{each.filename} is the same as {first}: taken once", markup=False, highlight=False
            )
    return sum(1 for each in admissions if each.document is None)
