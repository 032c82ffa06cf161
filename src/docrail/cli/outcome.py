"""What came of a run: the table, what is held and why, what failed and why, where the product lies."""

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from docrail.bootstrap import Program
from docrail.cli.live import counted
from docrail.cli.problems import COMPLETED, FAILED, SOME_FAILED
from docrail.cli.screen import file_names
from docrail.core.model import Value
from docrail.core.progress import Progress, RunStatus
from docrail.usecases.exports import export_pipeline
from docrail.usecases.pipelines import get_pipeline
from docrail.usecases.products import ProductRow, make_product, product_rows
from docrail.usecases.results import ResultRow, count_table, list_results

ROWS_SHOWN = 20
SHOWN = 15
DOCUMENT = 22
WIDEST = 24


def exit_code(progress: Progress) -> int:
    """0 all completed, 3 some documents failed, 1 the run failed or was cancelled."""
    if progress.status is not RunStatus.COMPLETED:
        return FAILED
    return SOME_FAILED if progress.error_documents else COMPLETED


def show_outcome(program: Program, progress: Progress, console: Console, *, out: Path | None = None) -> None:
    """Print everything that a person wants to know at the end of a run, and write its table."""
    if progress.completed_documents == 0:
        show_failures(program, progress, console)
        console.print("There is no table: no document was completed.")
        return
    product = make_product(program, progress.pipeline_id).product
    total = count_table(program, progress.pipeline_id)
    fields = get_pipeline(program, progress.pipeline_id).plan.fields
    required = [field.name for field in fields if field.required]
    show_table(product_rows(program, product.id, limit=ROWS_SHOWN), console, total=total, first=required)
    show_held(program, progress, console)
    show_failures(program, progress, console)
    target = out or default_target(program, progress.pipeline_id)
    rows = export_pipeline(program, progress.pipeline_id, target)
    console.print(f"{counted(rows, 'row')} in {target}", markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"data product {product.id} of pipeline {progress.pipeline_id}", style="dim", soft_wrap=True
    )


def default_target(program: Program, pipeline_id: str) -> Path:
    """Where the table of a run goes unless somebody says: in the home folder."""
    name = "".join(c if c.isalnum() else "-" for c in get_pipeline(program, pipeline_id).name).strip("-")
    return program.settings.home_path / "products" / f"{name or 'run'}-{pipeline_id[-8:]}.csv"


def show_table(rows: list[ProductRow], console: Console, *, total: int, first: Sequence[str] = ()) -> None:
    """The first rows, with as many fields as the screen has room for, those named `first` before others."""
    if not rows:
        return
    fields = _fitting(rows, console.width - DOCUMENT - 2, first)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("document", overflow="fold", max_width=DOCUMENT)
    for name in fields:
        table.add_column(name, overflow="ellipsis", no_wrap=True, max_width=WIDEST)
    for row in rows:
        names = ", ".join(row.filenames.values())
        table.add_row(Text(names), *(_shown(row, name) for name in fields))
    console.print(table)
    left_out = [name for name in rows[0].values if name not in fields]
    if left_out:
        console.print(f"no room for: {', '.join(left_out)}", style="dim", markup=False, highlight=False)
    if total > len(rows):
        console.print(f"… and {total - len(rows):,} more rows in the file", style="dim", highlight=False)


def _fitting(rows: list[ProductRow], room: int, first: Sequence[str]) -> list[str]:
    """The fields that fit into `room` characters, in their own order."""
    every = list(rows[0].values)
    taken: list[str] = []
    for name in sorted(every, key=lambda name: name not in first):
        room -= min(max(len(name), *(len(_shown(row, name).plain) for row in rows)), WIDEST) + 2
        if room >= 0 or not taken:
            taken.append(name)
    return [name for name in every if name in taken]


def _shown(row: ProductRow, name: str) -> Text:
    if row.statuses.get(name) == "held":
        return Text("held", style="yellow")
    value = row.values[name]
    return Text("–", style="dim") if value is None else Text(as_shown(value))


def as_shown(value: Value) -> str:
    """A value on one line; of lists and objects how much there is."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict | list | tuple):
        return counted(len(value), "item")
    return str(value)


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
