"""Data products: the table with the status of every value, where each came from, downloads, the share link."""

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from docrail.api.ids import known_form
from docrail.core.errors import NotFound
from docrail.store.products import Product
from docrail.usecases import exports, pipelines, products, results
from docrail.web.forms import position
from docrail.web.render import show

FILTERS = {"": "all", "completed": "complete", "partial": "with held fields"}


def list_products(request: Request) -> Response:
    """Products, newest first."""
    where = position(request)
    rows, total = products.list_products(request.state.program, limit=where.limit + 1, after=where.after)
    kept = rows[: where.limit]
    following = where.next_link(len(rows), kept[-1].id if kept else None)
    return show(request, "products.html", products=kept, total=total, following=following)


def show_product(request: Request) -> Response:
    """The table of one product."""
    product = products.get_product(request.state.program, _id(request))
    return show(request, "product.html", **_table(request, product), token=None)


def _table(request: Request, product: Product) -> dict[str, Any]:
    program, where = request.state.program, position(request, limit=50)
    rows = products.product_rows(program, product.id, limit=where.limit + 1, after=where.after or "")
    kept = rows[: where.limit]
    run = pipelines.get_pipeline(program, product.run_id)
    return {
        "product": product,
        "run": run,
        "fields": run.plan.fields,
        "rows": kept,
        "total": results.count_table(program, product.run_id),
        "following": where.next_link(len(rows), kept[-1].cursor if kept else None),
        "formats": exports.FORMATS,
        "kinds": exports.KINDS,
    }


def download(request: Request) -> Response:
    """The table as a file."""
    kind, name = request.path_params["kind"], request.path_params["format"]
    if kind not in exports.KINDS or name not in exports.FORMATS:
        raise NotFound("no such export")
    program, product_id = request.state.program, _id(request)
    product = products.get_product(program, product_id)
    folder = Path(tempfile.mkdtemp(prefix="docrail-export-"))
    forget = partial(shutil.rmtree, folder, ignore_errors=True)
    target = folder / f"{kind}.{name}"
    try:
        exports.write_export(program, product_id, kind=kind, format=name, target=target)
    except BaseException:
        forget()
        raise
    return FileResponse(target, filename=f"{product.name}-{kind}.{name}", background=BackgroundTask(forget))


def share(request: Request) -> Response:
    """A new share link, shown this once."""
    product_id = _id(request)
    token = products.share_product(request.state.program, product_id)
    product = products.get_product(request.state.program, product_id)
    return show(request, "product.html", **_table(request, product), token=token)


def revoke(request: Request) -> Response:
    """End the share link."""
    product_id = _id(request)
    products.revoke_share(request.state.program, product_id)
    return RedirectResponse(f"/products/{product_id}", 303)


def _id(request: Request) -> str:
    return known_form(request.path_params["product_id"])


ROUTES = (
    Route("/products", list_products),
    Route("/products/{product_id}", show_product),
    Route("/products/{product_id}/download/{kind}.{format}", download),
    Route("/products/{product_id}/share", share, methods=["POST"]),
    Route("/products/{product_id}/share/end", revoke, methods=["POST"]),
)
