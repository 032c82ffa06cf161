"""What docrail sees of a file, on a screen: a few facts, then each page about as it looks."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from docrail.cli.page_text import lay_out
from docrail.core.model import Issue, Layout, Page, Severity, Source, Table
from docrail.core.printable import printable

SOURCES = {
    Source.TEXT_LAYER: "text layer",
    Source.OCR: "OCR",
    Source.MIXED: "text layer, OCR where a picture stands",
    Source.MARKUP: "markup",
    Source.CELLS: "cells",
    Source.PLAIN: "plain text",
}
_PIPED_COLUMNS = 200
_MM = 25.4 / 72


def show_layout(layout: Layout, console: Console, *, filename: str, size: int) -> None:
    """Print it. Nothing of the document is obeyed: no markup, no control character."""
    console.print(_facts(layout, filename=filename, size=size))
    for issue in layout.issues:
        console.print(_issue(issue), soft_wrap=True)
    for page in layout.pages:
        console.print()
        console.print(Text(f"── {_title(page, layout)}", style="bold"), soft_wrap=True)
        for line in lay_out(page, columns=console.width if console.is_terminal else _PIPED_COLUMNS):
            console.print(Text(line), soft_wrap=True)
        for hidden in _hidden(page):
            console.print(Text(hidden, style="magenta"), soft_wrap=True)


def _facts(layout: Layout, *, filename: str, size: int) -> Grid:
    grid = Grid(box=None, show_header=False, pad_edge=False)
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("file", Text(f"{printable(filename)}, {size:,} bytes"))
    grid.add_row("kind", Text(f"{layout.media_type} (by its bytes)"))
    words = sum(_count_words(page) for page in layout.pages)
    hidden = sum(len(page.hidden) for page in layout.pages)
    grid.add_row("seen", Text(f"{_counted(len(layout.pages), 'page')}, {_counted(words, 'word')}"))
    if layout.language:
        grid.add_row("language", Text(layout.language))
    if hidden:
        grid.add_row(
            "hidden", Text(f"{_counted(hidden, 'text')} set apart, never given to a model", "magenta")
        )
    for twin in layout.embedded:
        what = f"{printable(twin.name)}, {twin.media_type}, {len(twin.text):,} characters"
        grid.add_row("inside", Text(what))
    return grid


def _title(page: Page, layout: Layout) -> str:
    parts = [f"page {page.number}", _size(page, layout), _source(page), _counted(_count_words(page), "word")]
    if page.rotation:
        parts.append(f"turned by {page.rotation}° to stand upright")
    return " · ".join([*parts, *(f"table {_table_size(table)}" for table in page.tables if table.cells)])


def _size(page: Page, layout: Layout) -> str:
    size = f"{page.width:,.0f} × {page.height:,.0f} points"
    if page.source in (Source.MARKUP, Source.CELLS, Source.PLAIN):
        return f"{size} on a grid of 6 × 12 a character"
    return f"{size} ({page.width * _MM:,.0f} × {page.height * _MM:,.0f} mm)"


def _source(page: Page) -> str:
    name = SOURCES[page.source]
    scores = [word.score for line in page.lines for word in line.words]
    if page.source not in (Source.OCR, Source.MIXED) or not scores:
        return name
    return f"{name}, score {sum(scores) / len(scores):.2f} (lowest {min(scores):.2f})"


def _table_size(table: Table) -> str:
    rows, columns = max(cell.row for cell in table.cells), max(cell.column for cell in table.cells)
    return f"{rows + 1} × {columns + 1}"


def _hidden(page: Page) -> Iterator[str]:
    for hidden in page.hidden:
        yield f"[hidden: {hidden.reason}] {printable(' '.join(hidden.text.split()))}"


def _issue(issue: Issue) -> Text:
    style = "dim" if issue.severity is Severity.INFO else "yellow"
    return Text(f"{issue.severity.value} {issue.code}: {printable(issue.message)}", style=style)


def _count_words(page: Page) -> int:
    return sum(len(line.words) for line in page.lines)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
