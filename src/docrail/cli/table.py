"""The table of a run on a screen: rows side by side, or one below the other where there are too many fields."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from docrail.cli.live import counted
from docrail.core.model import Value
from docrail.usecases.products import ProductRow

DOCUMENT = 22
WIDEST = 24
UPRIGHT_SHOWN = 5
"""So many rows are shown where every row is a block of lines."""


def show_table(rows: Sequence[ProductRow], console: Console, *, total: int, first: Sequence[str]) -> None:
    """Print rows of a table of `total`; where not all fields have room, those named `first` before others."""
    if not rows:
        return
    fields = _fitting(rows, console.width - DOCUMENT - 2, first)
    every = list(rows[0].values)
    upright = len(fields) * 3 < len(every)
    shown = rows[:UPRIGHT_SHOWN] if upright else rows
    console.print(_upright(shown) if upright else _beside(shown, fields))
    missing = [] if upright else [name for name in every if name not in fields]
    if missing:
        console.print(f"no room for: {', '.join(missing)}", style="dim", markup=False, highlight=False)
    if total > len(shown):
        console.print(f"… and {counted(total - len(shown), 'more row')}", style="dim", highlight=False)


def as_shown(value: Value) -> str:
    """A value on one line; of lists and objects how much there is.

    >>> as_shown("two\\nlines"), as_shown([1, 2])
    ('two lines', '2 items')
    """
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict | list | tuple):
        return counted(len(value), "item")
    return str(value)


def _fitting(rows: Sequence[ProductRow], room: int, first: Sequence[str]) -> list[str]:
    """The fields that fit into `room` characters, in their own order."""
    every = list(rows[0].values)
    taken: list[str] = []
    for name in sorted(every, key=lambda name: name not in first):
        room -= min(max(len(name), *(len(_shown(row, name).plain) for row in rows)), WIDEST) + 2
        if room >= 0 or not taken:
            taken.append(name)
    return [name for name in every if name in taken]


def _beside(rows: Sequence[ProductRow], fields: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("document", overflow="fold", max_width=DOCUMENT)
    for name in fields:
        table.add_column(name, overflow="ellipsis", no_wrap=True, max_width=WIDEST)
    for row in rows:
        table.add_row(Text(", ".join(row.filenames.values())), *(_shown(row, name) for name in fields))
    return table


def _upright(rows: Sequence[ProductRow]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row("")
        table.add_row(Text("document", style="dim"), Text(", ".join(row.filenames.values()), style="bold"))
        for name in row.values:
            table.add_row(Text(name, style="dim"), _shown(row, name))
    return table


def _shown(row: ProductRow, name: str) -> Text:
    if row.statuses.get(name) == "held":
        return Text("held", style="yellow")
    value = row.values[name]
    return Text("–", style="dim") if value is None else Text(as_shown(value))
