"""Start: files are dropped on the page and kept one by one; then a spec and a name make a run of them."""

from contextlib import asynccontextmanager
from dataclasses import replace

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from docrail.api.ids import known_form
from docrail.api.upload import read_upload
from docrail.core.errors import InvalidInput
from docrail.usecases import pipelines, spec_versions
from docrail.usecases.intake import Admission, add_arrived
from docrail.web.forms import read_form
from docrail.web.render import show

SPECS = 100
AROUND_A_FILE = 10_000
"""Bytes that a form puts around one file."""


def show_start(request: Request) -> Response:
    """The form of a new run."""
    specs, _ = spec_versions.list_specs(request.state.program, limit=SPECS)
    chosen = request.query_params.get("spec", "")
    return show(
        request,
        "start.html",
        specs=specs,
        chosen=chosen,
        problems=(),
        batch=request.query_params.get("batch", ""),
    )


async def add_file(request: Request) -> Response:
    """Keep one file, and say what became of it and of what was in it."""
    limit = request.state.program.settings.max_file_mb * 1_000_000 + AROUND_A_FILE
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > limit:
        raise HTTPException(413, f"A file may have at most {limit // 1_000_000} MB.")
    program = request.state.program
    async with asynccontextmanager(read_upload)(request, program) as upload:
        files = [replace(file, metadata=upload.metadata) for file in upload.files]
        kept = await run_in_threadpool(lambda: list(add_arrived(program, files, batch_id=upload.batch_id)))
    body = [_said(each) for each in kept]
    return Response(msgspec.json.encode(body), 201, media_type="application/json")


def _said(admission: Admission) -> dict[str, str | None]:
    document = admission.document
    return {
        "id": document.id if document else None,
        "filename": admission.filename,
        "status": admission.status,
        "reason": admission.reason,
    }


async def start(request: Request) -> Response:
    """Start a run over the files that were kept."""
    form, program = await read_form(request), request.state.program
    try:
        run = await run_in_threadpool(
            lambda: pipelines.create_pipeline(
                program,
                spec_id=known_form(str(form.get("spec", ""))),
                document_ids=[known_form(str(each)) for each in form.getlist("document")],
                name=str(form.get("name", "")).strip() or None,
            )
        )
    except InvalidInput as error:
        specs, _ = await run_in_threadpool(spec_versions.list_specs, program, limit=SPECS)
        return show(
            request,
            "start.html",
            code=400,
            specs=specs,
            chosen=str(form.get("spec", "")),
            problems=error.problems,
            batch="",
        )
    return RedirectResponse(f"/runs/{run.id}", 303)


ROUTES = (
    Route("/start", show_start),
    Route("/start", start, methods=["POST"]),
    Route("/start/files", add_file, methods=["POST"]),
)
