"""What came of a run: the table, what is held and why, what failed and why, where the product lies."""

from pathlib import Path

from rich.console import Console

from docrail.bootstrap import Program
from docrail.cli.live import counted
from docrail.cli.problems import COMPLETED, FAILED, SOME_FAILED
from docrail.cli.screen import file_names
from docrail.cli.table import show_table
from docrail.core.progress import Progress, RunStatus
from docrail.models.protocol import Usage
from docrail.usecases.exports import export_pipeline
from docrail.usecases.pipelines import get_pipeline, get_usage
from docrail.usecases.products import make_product, pipeline_rows
from docrail.usecases.results import ResultRow, count_table, list_results

ROWS_SHOWN = 20
SHOWN = 15


def exit_code(progress: Progress) -> int:
    """0 all completed, 3 some documents failed, 1 the run failed or was cancelled."""
    if progress.status is not RunStatus.COMPLETED:
        return FAILED
    return SOME_FAILED if progress.error_documents else COMPLETED


def show_outcome(program: Program, progress: Progress, console: Console, *, out: Path | None = None) -> None:
    """Print everything that a person wants to know at the end of a run, and write its table."""
    if progress.completed_documents == 0:
        show_failures(program, progress, console)
        show_usage(program, progress, console)
        console.print("There is no table: no document was completed.")
        return
    product = make_product(program, progress.pipeline_id).product
    show_rows(program, progress.pipeline_id, console, limit=ROWS_SHOWN)
    show_held(program, progress, console)
    show_failures(program, progress, console)
    show_usage(program, progress, console)
    for target in filter(None, (out, default_target(program, progress.pipeline_id))):
        rows = export_pipeline(program, progress.pipeline_id, target)
        console.print(f"{counted(rows, 'row')} in {target}", markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"data product {product.id} of pipeline {progress.pipeline_id}", style="dim", soft_wrap=True
    )


def show_rows(program: Program, pipeline_id: str, console: Console, *, limit: int) -> None:
    """The first rows of the table of a run; required fields have room before others."""
    fields = get_pipeline(program, pipeline_id).plan.fields
    required = [field.name for field in fields if field.required]
    rows = pipeline_rows(program, pipeline_id, limit=limit)
    show_table(rows, console, total=count_table(program, pipeline_id), first=required)


def default_target(program: Program, pipeline_id: str) -> Path:
    """Where the table of a run goes unless somebody says: in the home folder."""
    name = "".join(c if c.isalnum() else "-" for c in get_pipeline(program, pipeline_id).name).strip("-")
    return program.settings.home_path / "products" / f"{name or 'run'}-{pipeline_id[-8:]}.csv"


def show_held(program: Program, progress: Progress, console: Console) -> None:
    """Which fields wait for a person, and why; never their values."""
    if not progress.held_fields:
        return
    documents = counted(progress.partial_documents, "document")
    console.print(
        f"[yellow]Held for review[/yellow]: {counted(progress.held_fields, 'field')} of {documents}"
    )
    for row in list_results(program, progress.pipeline_id, limit=SHOWN, status="partial"):
        for line in _held_lines(row):
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    if progress.partial_documents > SHOWN:
        console.print(f"  … and {progress.partial_documents - SHOWN:,} more documents", style="dim")


def _held_lines(row: ResultRow) -> list[str]:
    """One line a reason: the fields held for it, and what the gate says where it says no value."""
    causes: dict[str, list[str]] = {}
    for held in row.held:
        said = next((v for v in row.verdicts if v.field == held.field and not v.passed), None)
        gate = f" at gate {said.gate!r} ({said.check})" if said else ""
        causes.setdefault(f"{held.reason.value.replace('_', ' ')}{gate}", []).append(held.field)
    return [f"{row.document.filename}: {', '.join(fields)}: {cause}" for cause, fields in causes.items()]


def show_usage(program: Program, progress: Progress, console: Console) -> None:
    """What the run used of the model, if it asked one."""
    used = sum(get_usage(program, progress.pipeline_id).values(), Usage())
    if used.calls:
        failed = f" ({used.failed:,} failed)" if used.failed else ""
        cost = f", cost {used.cost:.4f}" if used.cost else ""
        tokens = used.input_tokens + used.output_tokens
        console.print(
            f"Model: {counted(used.calls, 'call')}{failed}, {tokens:,} tokens{cost}", highlight=False
        )


def show_failures(program: Program, progress: Progress, console: Console) -> None:
    """Which documents failed, where and why."""
    if not progress.errors:
        return
    file_name = file_names(program)
    console.print(f"[red]Failed[/red]: {counted(progress.error_documents, 'document')}")
    for entry in progress.errors[:SHOWN]:
        who = file_name(entry.document_id) if entry.document_id else "the run"
        where = entry.phase or "before any phase"
        text = f"  {who} ({where}, {entry.code}): {entry.message}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    for group in progress.error_groups if len(progress.errors) > SHOWN else ():
        where = group.phase or "before any phase"
        console.print(f"  {group.count:,} × {group.code} ({where}): {group.example}", markup=False)
