"""The table of one data product for whoever has its link, read-only, without a session."""

from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from docrail.core.errors import PasswordNeeded
from docrail.usecases import pipelines, products
from docrail.usecases.cursors import read_cursor, write_cursor
from docrail.web.forms import read_form
from docrail.web.render import show

ROWS = 100


async def show_shared(request: Request) -> Response:
    """The table; a link with a password asks for it with each page."""
    form = await read_form(request) if request.method == "POST" else request.query_params
    password, cursor = str(form.get("password", "")) or None, str(form.get("cursor", "")) or None
    return await run_in_threadpool(_show, request, password, cursor)


def _show(request: Request, password: str | None, cursor: str | None) -> Response:
    program, token = request.state.program, request.path_params["token"]
    try:
        product = products.open_shared(program, token, password=password)
    except PasswordNeeded:
        wrong = password is not None
        return show(request, "shared.html", code=401, product=None, wrong=wrong)
    theirs = replace(program, workspace=product.workspace_id)
    after = read_cursor(cursor) or ""
    rows = products.product_rows(theirs, product.id, limit=ROWS + 1, after=after)
    return show(
        request,
        "shared.html",
        product=product,
        fields=pipelines.get_pipeline(theirs, product.run_id).plan.fields,
        rows=rows[:ROWS],
        following=write_cursor(rows[ROWS - 1].cursor) if len(rows) > ROWS else None,
        password=password,
    )


ROUTES = (Route("/shared/{token}", show_shared, methods=["GET", "POST"]),)
