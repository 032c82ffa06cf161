"""`docrail documents`: what is kept."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from docrail.cli.ids import short
from docrail.cli.opening import Home, Json, opened
from docrail.cli.printing import print_json
from docrail.usecases.documents import list_documents

app = typer.Typer()


@app.command("documents")
def documents(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to list.")] = 20,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """List the documents kept, newest first.

    Example: docrail documents --limit 100
    """
    with opened(home) as program:
        page, total = list_documents(program, limit=limit)
    if as_json:
        print_json(page)
        return
    table = Table("id", "file", "kind", "bytes", "digest", box=None, pad_edge=False)
    for each in page:
        table.add_row(
            short(each.id), each.filename, each.media_type, f"{each.size_bytes:,}", each.digest[:12]
        )
    Console().print(table if page else "There are no documents yet.")
    if total > len(page):
        Console().print(f"… and {total - len(page):,} more", style="dim")
