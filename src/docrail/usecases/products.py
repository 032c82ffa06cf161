"""What a person can do with a data product: make it of a run, look at its table, share it."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.exc import IntegrityError

from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput, NotFound, PasswordNeeded, Problem
from docrail.core.model import CellStatus, Value
from docrail.core.progress import count_ends
from docrail.store import products, runs
from docrail.store.counters import read_tally
from docrail.store.ids import now_ms
from docrail.store.products import Product
from docrail.store.thresholds import NONE, Thresholds, failed_fields
from docrail.usecases.audit import note
from docrail.usecases.composed import EMPTY, LEFT_OUT, ComposedRow, composed_page, is_composed
from docrail.usecases.passwords import hash_password, is_password
from docrail.usecases.results import ResultRow, list_results

PREFIX = "drs_"
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 200


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
    notes: tuple[str, ...] = ()


def make_product(
    program: Program, pipeline_id: str, *, name: str | None = None, thresholds: Thresholds = NONE
) -> NewProduct:
    """The data product of a run; again the same one, without its token. Of a
    product that is there already the name and the thresholds stay.

    Raises NotFound, and InvalidInput while no document is completed or partial.
    """
    try:
        return _make_product(program, pipeline_id, name, thresholds)
    except IntegrityError:  # another process made it between our look and our insert
        return _make_product(program, pipeline_id, name, thresholds)


def _make_product(program: Program, pipeline_id: str, name: str | None, thresholds: Thresholds) -> NewProduct:
    with program.database.writing() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        if count_ends(read_tally(connection, run.id)).completed == 0:
            raise InvalidInput("no document of this pipeline is completed or partial yet: there is no table")
        product, is_new = products.add_product(
            connection,
            workspace_id=program.workspace,
            run_id=run.id,
            name=name or run.name,
            at=now_ms(),
            thresholds=thresholds,
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
    product = get_product(program, product_id)
    return pipeline_rows(program, product.run_id, limit=limit, after=after, thresholds=product.thresholds)


def share_product(
    program: Program, product_id: str, *, expires_at: int | None = None, password: str | None = None
) -> str:
    """A new share token; whatever token there was opens nothing any more. `expires_at` in ms since 1970.

    Raises NotFound, and InvalidInput for an end that is over and a password of less than 8 characters.
    """
    _check_share(expires_at, password)
    token, hashed = _new_token(), hash_password(password) if password else None
    _set_share(program, product_id, _hash(token), expires_at=expires_at, password=hashed)
    return token


def revoke_share(program: Program, product_id: str) -> None:
    """End the share link; again is no harm. Raises NotFound."""
    _set_share(program, product_id, None)


def _check_share(expires_at: int | None, password: str | None) -> None:
    problems = []
    if expires_at is not None and expires_at <= now_ms():
        problems.append(Problem(path="expires_at", message="lies in the past"))
    if password is not None and not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        message = f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
        problems.append(Problem(path="password", message=message))
    if problems:
        raise InvalidInput(f"this cannot be shared: {problems[0]}", tuple(problems))


def open_shared(program: Program, token: str, *, password: str | None = None) -> Product:
    """The product that a share token opens, of whatever workspace.

    Raises NotFound, also once the link has expired, and PasswordNeeded without the right password.
    """
    with program.database.reading() as connection:
        if not token.startswith(PREFIX):
            raise NotFound("no such share link")
        product = products.find_shared(connection, _hash(token))
    if product.share_expires_at is not None and product.share_expires_at <= now_ms():
        raise NotFound("no such share link")
    if product.password is not None and not is_password(password or "", product.password):
        raise PasswordNeeded("this link needs its password")
    return product


def shared_rows(program: Program, token: str, *, limit: int = 20, after: str = "") -> list[ProductRow]:
    """`product_rows` of the product that a share token opens. Raises NotFound."""
    product = open_shared(program, token)
    theirs = replace(program, workspace=product.workspace_id)
    return pipeline_rows(theirs, product.run_id, limit=limit, after=after, thresholds=product.thresholds)


def _set_share(program: Program, product_id: str, hashed: str | None, **more: Any) -> None:
    with program.database.writing() as connection:
        products.read_product(connection, product_id, workspace_id=program.workspace)
        products.share_product(connection, product_id, hashed, **more)
        note(program, connection, "share.made" if hashed else "share.revoked", product_id)


def pipeline_rows(
    program: Program,
    pipeline_id: str,
    *,
    limit: int = 20,
    after: str = "",
    thresholds: Thresholds = NONE,
) -> list[ProductRow]:
    """One page of the table that the data product of a run has, or will have. Raises NotFound."""
    with program.database.reading() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        if is_composed(connection, run):
            page = composed_page(connection, run, after=_seq(after), limit=limit, thresholds=thresholds)
            return [_of_group(row) for row in page]
    rows = list_results(program, pipeline_id, limit=limit, after=after)
    return [_of_document(row, thresholds) for row in rows]


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
        notes=row.notes,
    )


def _of_document(row: ResultRow, thresholds: Thresholds) -> ProductRow:
    failed = failed_fields(row.verdicts)
    out = {
        name
        for name, cell in row.cells.items()
        if cell
        and cell.status is not CellStatus.HELD
        and thresholds.stops(status=cell.status, confidence=cell.confidence, failed=name in failed)
    }
    return ProductRow(
        cursor=row.id,
        status=row.status.value,
        filenames={row.document.id: row.document.filename},
        values={**row.record, **dict.fromkeys(out)},
        statuses={
            name: LEFT_OUT if name in out else cell.status.value if cell else EMPTY
            for name, cell in row.cells.items()
        },
    )


def _new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
