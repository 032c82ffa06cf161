"""A document: its pages with the words of each value, where each value came from, what was hidden in the file."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from docrail.api.ids import known_form
from docrail.api.routes.document_views import Window, get_page_picture
from docrail.api.routes.documents import AS_DOWNLOAD
from docrail.bootstrap import Program
from docrail.core.errors import DocumentError
from docrail.core.model import Layout, Page
from docrail.store.documents import StoredDocument
from docrail.usecases import document_views as views
from docrail.usecases.documents import content_path, get_document
from docrail.usecases.records import see_record
from docrail.web.render import show

PICTURE_WIDTH = 1200
SEEN = {"Cache-Control": "private, no-cache"}


async def show_document(request: Request) -> Response:
    """A document of a run with its fields."""
    program, params = request.state.program, request.path_params
    record = await run_in_threadpool(
        see_record, program, known_form(params["pipeline_id"]), known_form(params["run_document_id"])
    )
    layout, trouble = await see_layout(request, program, record.document)
    return await run_in_threadpool(
        show,
        request,
        "document.html",
        record=record,
        document=record.document,
        names={phase.id: phase.name for phase in record.run.plan.phases},
        layout=layout,
        trouble=trouble,
        has_pictures=layout is not None and views.has_pictures(layout),
    )


async def see_layout(
    request: Request, program: Program, document: StoredDocument
) -> tuple[Layout | None, str]:
    """What docrail sees of a document; None and why, if it cannot be read."""
    layout = await run_in_threadpool(views.find_layout, program, document)
    if layout is not None:
        return layout, ""
    window: Window = request.app.state.window
    if window.is_crowded:
        return None, "Many documents wait to be read; open this page again in a few seconds."
    try:
        return await window.see(lambda reader: views.read_layout(program, reader, document)), ""
    except DocumentError as error:
        return None, error.message


async def get_words(request: Request) -> Response:
    """The words of a page with their boxes, for the browser to draw and to click."""
    program, params = request.state.program, request.path_params
    document = await run_in_threadpool(get_document, program, known_form(params["document_id"]))
    layout, trouble = await see_layout(request, program, document)
    if layout is None:
        raise DocumentError(trouble, code="unreadable")
    page = views.get_page(layout, params["number"])
    return Response(msgspec.json.encode(_words(page)), headers=SEEN, media_type="application/json")


def _words(page: Page) -> dict[str, object]:
    return {
        "lines": [
            [
                [
                    word.text,
                    round(word.box.x0, 1),
                    round(word.box.y0, 1),
                    round(word.box.x1, 1),
                    round(word.box.y1, 1),
                ]
                for word in line.words
            ]
            for line in page.lines
        ]
    }


async def get_picture(request: Request) -> Response:
    """A page as a picture."""
    params = request.path_params
    document_id, number = known_form(params["document_id"]), str(params["number"])
    return await get_page_picture(request, request.state.program, document_id, number, PICTURE_WIDTH)


def get_content(request: Request) -> Response:
    """The bytes as they were given."""
    program, document_id = request.state.program, known_form(request.path_params["document_id"])
    document = get_document(program, document_id)
    path = content_path(program, document_id)
    return FileResponse(path, media_type=document.media_type, filename=document.filename, headers=AS_DOWNLOAD)


ROUTES = (
    Route("/runs/{pipeline_id}/documents/{run_document_id}", show_document),
    Route("/documents/{document_id}/words/{number:int}", get_words),
    Route("/documents/{document_id}/pages/{number:int}.png", get_picture),
    Route("/documents/{document_id}/content", get_content),
)
