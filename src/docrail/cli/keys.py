"""`docrail keys`: the keys of the HTTP interface."""

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from docrail.cli.ids import pick, short
from docrail.cli.opening import Home, Json, opened
from docrail.cli.printing import print_json
from docrail.usecases.keys import create_key, list_keys, revoke_key, rotate_key
from docrail.usecases.times import maybe_time

app = typer.Typer()
keys = typer.Typer(
    no_args_is_help=True, help="Make, list and revoke keys.\n\nExample: docrail keys create --scope read"
)
app.add_typer(keys, name="keys")


@keys.command("create")
def create(
    scope: Annotated[list[str] | None, typer.Option(help="read, write or admin (repeatable).")] = None,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "key",
    expires_days: Annotated[int | None, typer.Option(min=1, help="Days until it ends.")] = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Make a key. Its secret is shown this once.

    Example: docrail keys create --scope read --scope write --name erp
    """
    ends = int((time.time() + expires_days * 86400) * 1000) if expires_days else None
    with opened(home) as program:
        made = create_key(program, name=name, scopes=scope or ["read"], expires_at=ends)
    if as_json:
        print_json({"id": made.key.id, "name": made.key.name, "scopes": made.key.scopes, "key": made.secret})
        return
    console = Console()
    console.print(made.secret, markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"key {short(made.key.id)} for {' and '.join(made.key.scopes)}; it is not shown again", style="dim"
    )


@keys.command("rotate")
def rotate(
    key: Annotated[str, typer.Argument(help="An id or its last characters.")],
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="Hours the old key goes on.")] = 24,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Make a new key in the place of one; both work for some hours.

    Example: docrail keys rotate 0c4f9e21 --overlap-hours 2
    """
    with opened(home) as program:
        full = pick(key, [each.id for each in list_keys(program)], kind="key")
        made = rotate_key(program, full, overlap_seconds=overlap_hours * 3600)
    if as_json:
        print_json({"id": made.key.id, "name": made.key.name, "scopes": made.key.scopes, "key": made.secret})
        return
    console = Console()
    console.print(made.secret, markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"key {short(full)} ends in {overlap_hours} hours; the new one is not shown again", style="dim"
    )


@keys.command("list")
def list_(home: Home = None) -> None:
    """List the keys, newest first, without their secrets.

    Example: docrail keys list
    """
    with opened(home) as program:
        every = list_keys(program)
    table = Table(
        "id", "name", "scopes", "created", "expires", "revoked", "last used", box=None, pad_edge=False
    )
    for key in every:
        times = (key.created_at, key.expires_at, key.revoked_at, key.last_used_at)
        table.add_row(short(key.id), key.name, " ".join(key.scopes), *(maybe_time(at) or "" for at in times))
    Console().print(table if every else "There are no keys yet.")


@keys.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(help="An id or its last characters.")], home: Home = None
) -> None:
    """End a key now.

    Example: docrail keys revoke 0c4f9e21
    """
    with opened(home) as program:
        full = pick(key, [each.id for each in list_keys(program)], kind="key")
        revoke_key(program, full)
        Console().print(f"key {short(full)} is revoked", highlight=False)
