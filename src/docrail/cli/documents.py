"""`docrail documents`: what is kept, what is added to it, and what became of every file given."""

from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from docrail.cli.ids import short
from docrail.cli.intake import take_files
from docrail.cli.live import counted
from docrail.cli.opening import Home, Json, opened
from docrail.cli.printing import print_json
from docrail.cli.problems import SOME_FAILED, error_console
from docrail.core.errors import InvalidInput
from docrail.usecases.documents import list_documents
from docrail.usecases.intake import list_admissions
from docrail.usecases.sidecars import find_files
from docrail.usecases.times import iso_time

app = typer.Typer()
documents = typer.Typer()
app.add_typer(documents, name="documents")
Limit = Annotated[int, typer.Option(min=1, max=200, help="How many to list.")]
KEPT = "The files taken so far are kept."


@documents.callback(invoke_without_command=True)
def documents_(context: typer.Context, limit: Limit = 20, as_json: Json = False, home: Home = None) -> None:
    """List the documents kept, newest first; or add some, or see what became of every file given.

    Example: docrail documents --limit 100
    """
    if context.invoked_subcommand is not None:
        return
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
    _say_more(total - len(page))


@documents.command("add")
def add(
    paths: Annotated[list[str], typer.Argument(help="Files, folders (all below) and globs.")],
    batch: Annotated[str | None, typer.Option("--batch", help="Any word that these files share.")] = None,
    home: Home = None,
) -> None:
    """Take files in without running them. Archives and mails are taken apart.

    Example: docrail documents add inbox/ --batch monday
    """
    files = find_files(paths)
    if not files:
        raise InvalidInput(f"there are no files in {', '.join(paths)}: give files, folders or globs")
    with opened(home) as program:
        taken = take_files(program, files, batch_id=batch, advice=KEPT)
    kept = counted(len(taken.document_ids), "document")
    Console().print(f"{counted(taken.files, 'file')} given: {kept}", highlight=False)
    if taken.refused:
        error_console().print("`docrail documents admissions` has every file with what became of it.")
        raise typer.Exit(SOME_FAILED)


@documents.command("admissions")
def admissions(
    batch: Annotated[str | None, typer.Option("--batch", help="Only the files given with this word.")] = None,
    status: Annotated[
        Literal["accepted", "duplicate", "refused"] | None, typer.Option(help="Only these.")
    ] = None,
    limit: Limit = 20,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """List what became of every file given, newest first.

    Example: docrail documents admissions --status refused
    """
    with opened(home) as program:
        page, total = list_admissions(program, limit=limit, batch_id=batch, status=status)
    if as_json:
        print_json(page)
        return
    table = Table("at", "file", "became", "document", "from", "because", box=None, pad_edge=False)
    for each in page:
        document, parent = (short(id_) if id_ else "" for id_ in (each.document_id, each.parent_id))
        because = f"{each.code}: {each.reason}" if each.code else ""
        table.add_row(iso_time(each.created_at), each.filename, each.status, document, parent, because)
    Console().print(table if page else "No file was given yet.")
    _say_more(total - len(page))


def _say_more(count: int) -> None:
    if count:
        Console().print(f"… and {count:,} more", style="dim")
