"""Data products: the table of a pipeline, exported and shared."""

import base64
import shutil
import tempfile
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask

from docrail.api.asked import Asked, Moment
from docrail.api.auth import Acting
from docrail.api.ids import PathId, Text
from docrail.api.pages import Page, PageQuery, Pagination, Wanted
from docrail.api.result_bodies import TableRowBody, show_table_row
from docrail.bootstrap import Program
from docrail.core.errors import NotFound
from docrail.store.products import Product
from docrail.store.thresholds import Thresholds
from docrail.usecases import exports, product_facts, products, results
from docrail.usecases.times import iso_time, maybe_time

router = APIRouter(tags=["data products"])
PUBLIC = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Kind(StrEnum):
    """What an export holds: the table, or one row a cell with all that is known of it."""

    PLAIN = "plain"
    AUDIT = "audit"


class ProductRequest(Asked):
    """The product wanted; the name of the pipeline unless another is given."""

    name: Text | None = None
    min_confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    require_validation_pass: bool = False


class ShareRequest(Asked):
    """The link wanted: until when it opens, and with what password."""

    expires_at: Moment | None = None
    password: str | None = Field(default=None, min_length=8, max_length=200)


class ProductBody(BaseModel):
    """A delivered table."""

    id: str
    name: str
    pipeline_id: str
    status: str = "ready"
    shared: bool
    share_expires_at: str | None
    share_has_password: bool
    min_confidence: float
    require_validation_pass: bool
    created_at: str
    links: dict[str, str]


class ShareBody(BaseModel):
    """The token of the public link, shown this once."""

    data_product_id: str
    token: str


class MadeBody(BaseModel):
    """The product; its share token only when the product is new."""

    dataProduct: ProductBody  # noqa: N815 - the contract's word
    shareToken: ShareBody | None  # noqa: N815


class SharedBody(BaseModel):
    """The read-only public view of one product."""

    name: str
    created_at: str
    data: list[TableRowBody]
    pagination: Pagination


@router.post(
    "/v1/pipelines/{pipeline_id}/data-product",
    status_code=201,
    responses={200: {"model": MadeBody, "description": "It was made before."}},
)
def make_product(
    program: Acting, pipeline_id: PathId, response: Response, wanted: ProductRequest | None = None
) -> MadeBody:
    """Make the data product of a pipeline; again is the same product, with status 200."""
    asked = wanted or ProductRequest()
    thresholds = Thresholds(
        min_confidence=asked.min_confidence, require_validation_pass=asked.require_validation_pass
    )
    made = products.make_product(program, pipeline_id, name=asked.name, thresholds=thresholds)
    response.status_code = 201 if made.is_new else 200
    token = ShareBody(data_product_id=made.product.id, token=made.token) if made.token else None
    return MadeBody(dataProduct=_product(made.product), shareToken=token)


@router.get("/v1/data-products")
def list_products(program: Acting, wanted: PageQuery) -> Page[ProductBody]:
    """Data products, newest first."""
    rows, total = products.list_products(program, limit=wanted.fetch, after=wanted.after)
    return wanted.page(rows, total=total, show=_product, key=lambda row: row.id)


@router.get("/v1/data-products/{product_id}")
def get_product(program: Acting, product_id: PathId) -> ProductBody:
    """One data product."""
    return _product(products.get_product(program, product_id))


@router.get("/v1/data-products/{product_id}/results")
def list_rows(program: Acting, product_id: PathId, wanted: PageQuery) -> Page[TableRowBody]:
    """The rows of the table: composed records once assembly has made them, else documents."""
    return _rows(program, products.get_product(program, product_id), wanted)


@router.get("/v1/data-products/{product_id}/schema")
def describe_schema(program: Acting, product_id: PathId) -> dict[str, Any]:
    """The JSON Schema of the table's fields."""
    return dict(product_facts.describe_schema(program, products.get_product(program, product_id).run_id))


@router.get("/v1/data-products/{product_id}/quality")
def summarise_quality(program: Acting, product_id: PathId) -> dict[str, Any]:
    """How complete and how sure the table is: documents, fields and failed checks, counted."""
    product = products.get_product(program, product_id)
    return dict(product_facts.summarise_quality(program, product.run_id, product.thresholds))


@router.get("/v1/data-products/{product_id}/export/{kind}.{format}", response_class=FileResponse)
def export_product(
    program: Acting,
    product_id: PathId,
    kind: str,
    format: str,  # noqa: A002 - the contract's word
) -> FileResponse:
    """The table as a file: `plain` or `audit`, as `csv`, `jsonl`, `parquet` or `xlsx`."""
    if kind not in tuple(Kind) or format not in exports.FORMATS:
        raise NotFound("no such export")
    product = products.get_product(program, product_id)
    folder = Path(tempfile.mkdtemp(prefix="docrail-export-"))
    forget = partial(shutil.rmtree, folder, ignore_errors=True)
    target = folder / f"{kind}.{format}"
    try:
        exports.write_export(program, product_id, kind=kind, format=format, target=target)
    except BaseException:
        forget()
        raise
    name = f"{product.name}-{kind}.{format}"
    return FileResponse(
        target, media_type=MEDIA_TYPES[format], filename=name, background=BackgroundTask(forget)
    )


@router.post("/v1/data-products/{product_id}/share", status_code=201)
def share_product(program: Acting, product_id: PathId, wanted: ShareRequest | None = None) -> ShareBody:
    """A new share token; the one before opens nothing any more."""
    asked = wanted or ShareRequest()
    token = products.share_product(
        program, product_id, expires_at=_milliseconds(asked.expires_at), password=asked.password
    )
    return ShareBody(data_product_id=product_id, token=token)


@router.delete("/v1/data-products/{product_id}/share", status_code=204)
def revoke_share(program: Acting, product_id: PathId) -> None:
    """End the share link; again is no harm."""
    products.revoke_share(program, product_id)


@router.get("/share/{token}")
def open_share(
    program: Acting, token: str, wanted: PageQuery, response: Response, request: Request
) -> SharedBody:
    """The public view of one product, for whoever has its link; a password is asked for as HTTP Basic does."""
    product = products.open_shared(program, token, password=_password(request))
    page = _rows(replace(program, workspace=product.workspace_id), product, wanted)
    response.headers.update(PUBLIC)
    return SharedBody(name=product.name, created_at=iso_time(product.created_at), **dict(page))


def _password(request: Request) -> str | None:
    """The password of a Basic `Authorization` header, whoever the user is."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(given.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return None


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _rows(program: Program, product: Product, wanted: Wanted) -> Page[TableRowBody]:
    total = results.count_table(program, product.run_id)
    rows = products.product_rows(program, product.id, limit=wanted.fetch, after=wanted.after or "")
    return wanted.page(rows, total=total, show=show_table_row, key=lambda row: row.cursor)


def _product(product: Product) -> ProductBody:
    here = f"/v1/data-products/{product.id}"
    return ProductBody(
        id=product.id,
        name=product.name,
        pipeline_id=product.run_id,
        shared=product.shared,
        share_expires_at=maybe_time(product.share_expires_at),
        share_has_password=product.password is not None,
        min_confidence=product.thresholds.min_confidence,
        require_validation_pass=product.thresholds.require_validation_pass,
        created_at=iso_time(product.created_at),
        links={
            "self": here,
            "results": f"{here}/results",
            "schema": f"{here}/schema",
            "quality": f"{here}/quality",
            "pipeline": f"/v1/pipelines/{product.run_id}",
        }
        | {f"{kind}.{name}": f"{here}/export/{kind}.{name}" for kind in Kind for name in exports.FORMATS},
    )
