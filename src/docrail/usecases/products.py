"""What a person can do with a data product: make it of a run, look at its table, share it."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.exc import IntegrityError

from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput, NotFound, Problem
from docrail.core.model import Value
from docrail.core.progress import count_ends
from docrail.store import products, runs
from docrail.store.counters import read_tally
from docrail.store.ids import now_ms
from docrail.store.products import Product
from docrail.usecases.audit import note
from docrail.usecases.composed import EMPTY, ComposedRow, composed_page, is_composed
from docrail.usecases.results import ResultRow, list_results

PREFIX = "drs_"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """The product of a run; `token` opens its share link and is shown this once, when the product is new."""

    product: Product
    token: str | None
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """One row of the table: a document, or a group of documents where the run composes.

    `cursor` is what to go on after; `filenames` the documents behind the row, id to file name; `group` and
    `conflicts` are set on composed rows only. `statuses` says of every field what its cell is (`filled`, `held`,
    `approved`, …, or `empty`): a held one has no value.
    """

    cursor: str
    status: str
    filenames: Mapping[str, str]
    values: Mapping[str, Value]
    statuses: Mapping[str, str]
    group: str | None = None
    conflicts: tuple[str, ...] = ()


def make_product(program: Program, pipeline_id: str, *, name: str | None = None) -> NewProduct:
    """The data product of a run; again the same one, without its token.

    Raises NotFound, and InvalidInput while no document is completed or partial.
    """
    try:
        return _make_product(program, pipeline_id, name)
    except IntegrityError:  # another process made it between our look and our insert
        return _make_product(program, pipeline_id, name)


def _make_product(program: Program, pipeline_id: str, name: str | None) -> NewProduct:
    with program.database.writing() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        if count_ends(read_tally(connection, run.id)).completed == 0:
            raise InvalidInput("no document of this pipeline is completed or partial yet: there is no table")
        product, is_new = products.add_product(
            connection, workspace_id=program.workspace, run_id=run.id, name=name or run.name, at=now_ms()
        )
        if not is_new:
            return NewProduct(product=product, token=None, is_new=False)
        token = _new_token()
        products.share_product(connection, product.id, _hash(token))
        note(program, connection, "product.made", product.id, run=run.id, name=product.name)
    return NewProduct(product=replace(product, shared=True), token=token, is_new=True)


def get_product(program: Program, product_id: str) -> Product:
    """One product. Raises NotFound."""
    with program.database.reading() as connection:
        return products.read_product(connection, product_id, workspace_id=program.workspace)


def list_products(
    program: Program, *, limit: int = 20, after: str | None = None
) -> tuple[list[Product], int]:
    """One page of products, newest first, and how many there are."""
    with program.database.reading() as connection:
        return products.list_products(
            connection, workspace_id=program.workspace, limit=limit, before=after or None
        )


def product_rows(program: Program, product_id: str, *, limit: int = 20, after: str = "") -> list[ProductRow]:
    """One page of the table after the row with the cursor `after`: composed records once assembly has completed,
    else documents. Raises NotFound, InvalidInput (a cursor of another table)."""
    return pipeline_rows(program, get_product(program, product_id).run_id, limit=limit, after=after)


def share_product(program: Program, product_id: str) -> str:
    """A new share token; whatever token there was opens nothing any more. Raises NotFound."""
    token = _new_token()
    _set_share(program, product_id, _hash(token))
    return token


def revoke_share(program: Program, product_id: str) -> None:
    """End the share link; again is no harm. Raises NotFound."""
    _set_share(program, product_id, None)


def open_shared(program: Program, token: str) -> Product:
    """The product that a share token opens, of whatever workspace. Raises NotFound."""
    with program.database.reading() as connection:
        if not token.startswith(PREFIX):
            raise NotFound("no such share link")
        return products.find_shared(connection, _hash(token))


def shared_rows(program: Program, token: str, *, limit: int = 20, after: str = "") -> list[ProductRow]:
    """`product_rows` of the product that a share token opens. Raises NotFound."""
    product = open_shared(program, token)
    theirs = replace(program, workspace=product.workspace_id)
    return pipeline_rows(theirs, product.run_id, limit=limit, after=after)


def _set_share(program: Program, product_id: str, hashed: str | None) -> None:
    with program.database.writing() as connection:
        products.read_product(connection, product_id, workspace_id=program.workspace)
        products.share_product(connection, product_id, hashed)
        note(program, connection, "share.made" if hashed else "share.revoked", product_id)


def pipeline_rows(
    program: Program, pipeline_id: str, *, limit: int = 20, after: str = ""
) -> list[ProductRow]:
    """One page of the table that the data product of a run has, or will have. Raises NotFound."""
    with program.database.reading() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        if is_composed(connection, run):
            page = composed_page(connection, run, after=_seq(after), limit=limit)
            return [_of_group(row) for row in page]
    return [_of_document(row) for row in list_results(program, pipeline_id, limit=limit, after=after)]


def _seq(cursor: str) -> int:
    if cursor and not (cursor.isascii() and cursor.isdecimal()):
        problem = Problem(path="cursor", message="not a cursor of this table; begin again without one")
        raise InvalidInput("the cursor cannot be used", (problem,))
    return int(cursor) if cursor else -1


def _of_group(row: ComposedRow) -> ProductRow:
    return ProductRow(
        cursor=str(row.seq),
        status=row.status,
        filenames=row.filenames,
        values=row.values,
        statuses=row.statuses,
        group=row.group,
        conflicts=row.conflicts,
    )


def _of_document(row: ResultRow) -> ProductRow:
    return ProductRow(
        cursor=row.id,
        status=row.status.value,
        filenames={row.document.id: row.document.filename},
        values=row.record,
        statuses={name: cell.status.value if cell else EMPTY for name, cell in row.cells.items()},
    )


def _new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
