"""Workspaces and API keys; of a key only the hash is kept."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from docrail.core.errors import NotFound
from docrail.store import tables
from docrail.store.ids import new_id

DEFAULT_WORKSPACE = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key without its secret. Times in ms since 1970."""

    id: str
    workspace_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None


def workspace_id(connection: Connection, name: str = DEFAULT_WORKSPACE) -> str:
    """The id of a workspace by its name. Raises NotFound."""
    table = tables.workspaces.c
    found = connection.execute(select(table.id).where(table.name == name)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"no workspace {name!r}")
    return str(found)


def add_workspace(connection: Connection, name: str) -> str:
    """Make a workspace unless there is one of that name; its id."""
    table = tables.workspaces.c
    found = connection.execute(select(table.id).where(table.name == name)).scalar_one_or_none()
    if found is None:
        found = new_id()
        connection.execute(insert(tables.workspaces), {"id": found, "name": name})
    return str(found)


def add_key(
    connection: Connection,
    *,
    workspace: str,
    name: str,
    hashed: str,
    scopes: tuple[str, ...],
    expires_at: int | None,
    at: int,
) -> ApiKey:
    """Keep a key by its hash."""
    row = {
        "id": new_id(),
        "workspace_id": workspace,
        "name": name,
        "hash": hashed,
        "scopes": " ".join(scopes),
        "created_at": at,
        "expires_at": expires_at,
    }
    connection.execute(insert(tables.api_keys), row)
    return find_key(connection, hashed)


def find_key(connection: Connection, hashed: str) -> ApiKey:
    """The key of a hash, whatever its state. Raises NotFound."""
    table = tables.api_keys
    keys = _keys(connection, table.c.hash == hashed)
    if not keys:
        raise NotFound("no such key")
    return keys[0]


def list_keys(connection: Connection, *, workspace: str) -> list[ApiKey]:
    """Every key of a workspace, newest first, revoked ones too."""
    return _keys(connection, tables.api_keys.c.workspace_id == workspace)


def revoke_key(connection: Connection, key_id: str, *, workspace: str, at: int) -> None:
    """Revoke a key; again is no harm. Raises NotFound."""
    table = tables.api_keys
    ours = (table.c.id == key_id) & (table.c.workspace_id == workspace)
    query = update(table).where(ours).values(revoked_at=func.coalesce(table.c.revoked_at, at))
    if connection.execute(query).rowcount == 0:
        raise NotFound(f"no key {key_id!r}")


def read_key(connection: Connection, key_id: str, *, workspace: str) -> ApiKey:
    """A key by its id, whatever its state. Raises NotFound."""
    table = tables.api_keys.c
    keys = _keys(connection, (table.id == key_id) & (table.workspace_id == workspace))
    if not keys:
        raise NotFound(f"no key {key_id!r}")
    return keys[0]


def expire_key(connection: Connection, key_id: str, *, at: int) -> None:
    """Let a key end at a time."""
    table = tables.api_keys
    connection.execute(update(table).where(table.c.id == key_id).values(expires_at=at))


def touch_key(connection: Connection, key_id: str, *, at: int) -> None:
    """Remember that a key was used."""
    table = tables.api_keys
    connection.execute(update(table).where(table.c.id == key_id).values(last_used_at=at))


def _keys(connection: Connection, condition: ColumnElement[bool]) -> list[ApiKey]:
    table = tables.api_keys
    query = select(table).where(condition).order_by(table.c.id.desc())
    return [
        ApiKey(
            id=row.id,
            workspace_id=row.workspace_id,
            name=row.name,
            scopes=tuple(row.scopes.split()),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            last_used_at=row.last_used_at,
        )
        for row in connection.execute(query)
    ]
