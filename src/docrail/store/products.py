"""Data products: one for a run, with at most one share token, of which only the hash is kept."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from docrail.core.errors import NotFound
from docrail.store import tables
from docrail.store.ids import new_id
from docrail.store.thresholds import NONE, Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A delivered table; times in ms since 1970. `password` is the hash of the share link's, if it has one."""

    id: str
    workspace_id: str
    run_id: str
    name: str
    shared: bool
    created_at: int
    thresholds: Thresholds = NONE
    share_expires_at: int | None = None
    password: str | None = None


def add_product(
    connection: Connection,
    *,
    workspace_id: str,
    run_id: str,
    name: str,
    at: int,
    thresholds: Thresholds = NONE,
) -> tuple[Product, bool]:
    """The product of a run, and whether it is new."""
    table = tables.products
    known = _products(connection, table.c.run_id == run_id)
    if known:
        return known[0], False
    row = {
        "id": new_id(),
        "workspace_id": workspace_id,
        "run_id": run_id,
        "name": name,
        "min_confidence": thresholds.min_confidence,
        "require_validation_pass": thresholds.require_validation_pass,
        "created_at": at,
    }
    connection.execute(insert(table), row)
    return _products(connection, table.c.run_id == run_id)[0], True


def read_product(connection: Connection, product_id: str, *, workspace_id: str) -> Product:
    """One product. Raises NotFound, also for another workspace's."""
    table = tables.products.c
    found = _products(connection, (table.id == product_id) & (table.workspace_id == workspace_id))
    if not found:
        raise NotFound(f"no data product {product_id!r}")
    return found[0]


def list_products(
    connection: Connection, *, workspace_id: str, limit: int, before: str | None = None
) -> tuple[list[Product], int]:
    """One page of products, newest first, and how many there are."""
    table = tables.products.c
    ours = table.workspace_id == workspace_id
    total = connection.execute(select(func.count()).where(ours)).scalar_one()
    condition = ours & (table.id < before) if before is not None else ours
    return _products(connection, condition, limit=limit), total


def share_product(
    connection: Connection,
    product_id: str,
    hashed: str | None,
    *,
    expires_at: int | None = None,
    password: str | None = None,
) -> None:
    """Set the hash of the share token with its end and the hash of its password, or revoke it with None."""
    table = tables.products
    share = {"share_hash": hashed, "share_expires_at": expires_at, "share_password": password}
    connection.execute(update(table).where(table.c.id == product_id).values(**share))


def find_shared(connection: Connection, hashed: str) -> Product:
    """The product that a share token's hash opens. Raises NotFound."""
    found = _products(connection, tables.products.c.share_hash == hashed)
    if not found:
        raise NotFound("no such share link")
    return found[0]


def _products(connection: Connection, condition: ColumnElement[bool], *, limit: int = 200) -> list[Product]:
    table = tables.products
    query = select(table).where(condition).order_by(table.c.id.desc()).limit(limit)
    return [
        Product(
            id=row.id,
            workspace_id=row.workspace_id,
            run_id=row.run_id,
            name=row.name,
            shared=row.share_hash is not None,
            created_at=row.created_at,
            thresholds=Thresholds(
                min_confidence=row.min_confidence, require_validation_pass=row.require_validation_pass
            ),
            share_expires_at=row.share_expires_at,
            password=row.share_password,
        )
        for row in connection.execute(query)
    ]
