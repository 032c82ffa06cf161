"""A held field on a screen: what was found and where, why it is held, what else it may be."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from docrail.cli.table import as_shown
from docrail.core.model import Cell, Provenance
from docrail.core.rework import latest_verdicts
from docrail.store.reviews import HeldField
from docrail.usecases.reviews import Item
from docrail.usecases.times import iso_time

CANDIDATES = 9


def show_card(item: Item, console: Console) -> None:
    """Print everything that one needs to decide."""
    version, cell = item.versions[-1]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    table.add_row("field", Text(item.field.name, style="bold"))
    table.add_row("of", Text(item.filename))
    table.add_row("value", _value(cell))
    table.add_row("status", Text(f"{cell.status.value}, version {version}, confidence {cell.confidence:.2f}"))
    if item.held:
        table.add_row("because", Text(_because(item)))
    if cell.provenance:
        table.add_row("found", Text(_found(cell.provenance)))
    for name, value in item.record.items():
        table.add_row(name, Text("–" if value is None else as_shown(value), style="dim"))
    for said in item.decisions:
        who = f"{said.action} by {said.reviewer} at {iso_time(said.at)}"
        table.add_row("decided", Text(who + (f": {said.reason}" if said.reason else "")))
    console.print(table)
    for number, each in enumerate(item.suggestions[:CANDIDATES], 1):
        where = f"page {each.page}, {each.because}"
        line = f"  {number}  {as_shown(each.value)}  ({where})"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def show_queue(rows: list[HeldField], console: Console, *, total: int, short: int) -> None:
    """Print rows of the queue; never a value."""
    if not rows:
        console.print("Nothing waits for review.")
        return
    table = Table("id", "field", "of", "held", "by gate", "claimed by", box=None, pad_edge=False)
    for row in rows:
        reason = row.reason.replace("_", " ")
        name = Text(row.filename)
        id_ = row.run_document_id[-short:]
        table.add_row(id_, Text(row.field), name, reason, Text(row.gate or "–"), Text(row.claimed_by or ""))
    console.print(table)
    if total > len(rows):
        console.print(f"… and {total - len(rows):,} more", style="dim")


def _value(cell: Cell) -> Text:
    return Text("none", style="yellow") if cell.value is None else Text(as_shown(cell.value), style="bold")


def _because(item: Item) -> str:
    assert item.held is not None
    failed = [each for each in latest_verdicts(item.verdicts) if not each.passed and each.message]
    gate = f" at gate '{item.held.gate}'" if item.held.gate else ""
    said = "; ".join(each.message for each in failed)
    return f"{item.held.reason.replace('_', ' ')}{gate}" + (f": {said}" if said else "")


def _found(found: Provenance) -> str:
    parts = [f"'{found.text}'" if found.text else "", f"page {found.page}" if found.page else ""]
    return ", ".join(filter(None, [*parts, found.address or "", found.method, found.detail or ""]))
