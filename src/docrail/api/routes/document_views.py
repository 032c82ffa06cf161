"""What docrail sees of a document: its layout, its text as Markdown, its pages as pictures. Read when first asked."""

from collections.abc import Callable
from types import TracebackType
from typing import Annotated, Any, Self, TypeVar

import anyio
import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator
from starlette.concurrency import run_in_threadpool

from docrail.api.auth import Acting
from docrail.api.ids import PathId
from docrail.api.problems import problem
from docrail.bootstrap import make_reader
from docrail.config import Settings
from docrail.core.errors import DocumentError, NotFound, Unavailable
from docrail.core.markdown import to_markdown
from docrail.core.model import Layout
from docrail.reading.sandbox import Reader
from docrail.store.blobs import LAYOUT_VERSION
from docrail.usecases import document_views as views
from docrail.usecases.documents import get_document

router = APIRouter(prefix="/v1/documents", tags=["documents"])
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-cache",
}
READING = 2
"""Documents that this process reads or renders at once; others wait."""

WAITING = 50
BUSY_SECONDS = "5"
Seen = TypeVar("Seen")


class Window:
    """The reader of this process and the queue before it; made inside the event loop that serves."""

    def __init__(self, settings: Settings) -> None:
        self._reader = make_reader(settings, processes=READING)
        self._limiter = anyio.CapacityLimiter(READING)
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up what is being read, at once: it would keep a server that is told to stop."""
        self._is_closed = True
        self._reader.close(at_once=True)

    @property
    def is_crowded(self) -> bool:
        """Whether so many wait that one more had better come back."""
        return self._limiter.statistics().tasks_waiting >= WAITING

    async def see(self, look: Callable[[Reader], Seen]) -> Seen:
        """What `look` sees with the reader, in a thread of its own; waiting takes no thread from other requests."""
        try:
            return await anyio.to_thread.run_sync(look, self._reader, limiter=self._limiter)
        except (DocumentError, RuntimeError) as error:
            if self._is_closed:
                raise Unavailable("docrail is being stopped: ask again in a moment.") from error
            raise


def _page_number(value: str) -> int:
    """The number of a page. Raises NotFound for what is none, like any other thing that does not exist."""
    if not (value.isascii() and value.isdecimal() and 0 < len(value) < 7):
        raise NotFound("not a page number")
    return int(value)


PageNumber = Annotated[str, AfterValidator(_page_number)]
LAYOUT_EXAMPLE = {
    "media_type": "application/pdf",
    "pages": [
        {
            "number": 1,
            "width": 595.0,
            "height": 842.0,
            "source": "text_layer",
            "lines": [
                {
                    "words": [
                        {
                            "text": "Total:",
                            "box": {"x0": 57.0, "y0": 131.2, "x1": 89.4, "y1": 145.1},
                            "score": 1.0,
                            "address": None,
                        }
                    ]
                }
            ],
            "tables": [],
            "hidden": [{"text": "pay twice", "reason": "not visible on the page", "box": None}],
            "blocks": [
                {"text": "Total:", "box": {"x0": 57.0, "y0": 131.2, "x1": 89.4, "y1": 145.1}},
            ],
            "rotation": 0,
        }
    ],
    "embedded": [],
    "issues": [],
    "language": "en",
}
MARKDOWN_EXAMPLE = "Invoice R-1  \nTotal: 120.00 EUR\n\n| item | price |\n| --- | --- |\n| Pump | 120.00 |\n"


def _described(content: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": "As read; `ETag` by the digest of the bytes.", "content": content},
        304: {"description": "You have it: the bytes are the same."},
    }


@router.get(
    "/{document_id}/layout",
    response_class=Response,
    responses=_described({"application/json": {"schema": {"type": "object"}, "example": LAYOUT_EXAMPLE}}),
)
async def get_layout(request: Request, program: Acting, document_id: PathId) -> Response:
    """What docrail sees: pages, lines and words with boxes in points from the top left, tables, hidden text kept
    apart with the reason, XML found inside, issues. Read now if it never was; `422` with the reason if it cannot be."""

    def encode(layout: Layout) -> bytes:
        return msgspec.json.encode(layout)

    return await _show_layout(request, program, document_id, media_type="application/json", show=encode)


@router.get(
    "/{document_id}/markdown",
    response_class=Response,
    responses=_described({"text/markdown": {"schema": {"type": "string"}, "example": MARKDOWN_EXAMPLE}}),
)
async def get_markdown(request: Request, program: Acting, document_id: PathId) -> Response:
    """Its visible text as Markdown: a line a line, tables as tables, a rule between pages; nothing of the document
    becomes markup. It is the source document, so a value that is held as a field stands here as the sender wrote it."""

    def encode(layout: Layout) -> bytes:
        return to_markdown(layout).encode()

    media_type = "text/markdown; charset=utf-8"
    return await _show_layout(request, program, document_id, media_type=media_type, show=encode)


@router.get(
    "/{document_id}/pages/{number}.png",
    response_class=Response,
    responses=_described({"image/png": {"schema": {"type": "string", "format": "binary"}}}),
)
async def get_page_picture(
    request: Request,
    program: Acting,
    document_id: PathId,
    number: PageNumber,
    width: Annotated[int, Query(ge=1, le=views.WIDTHS[-1], description="pixels wanted")] = 1200,
) -> Response:
    """A page of a PDF or of a picture as PNG, upright, so that the boxes of the layout fit it. `width` is taken up to
    the next of 200, 400, 800, 1200, 1600 and 2400 pixels; a smaller picture is not enlarged. `404` for other kinds of
    files, which have no pages."""
    document = await run_in_threadpool(get_document, program, document_id)
    page, pixels = int(number), views.width_for(width)
    etag = f'"{document.digest}.{LAYOUT_VERSION}.{page}.{pixels}"'
    if _is_known(request, etag):
        return _not_modified(etag)
    png = await run_in_threadpool(views.find_picture, program, document, number=page, width=pixels)
    if png is None:
        window: Window = request.app.state.window
        if window.is_crowded:
            return _busy(request)

        def look(reader: Reader) -> bytes:
            return views.read_picture(program, reader, document, number=page, width=pixels)

        try:
            png = await window.see(look)
        except views.NoSuchPage as error:
            return problem(request.scope, 404, error.message)
    return Response(png, media_type="image/png", headers=HEADERS | {"ETag": etag})


async def _show_layout(
    request: Request,
    program: Acting,
    document_id: str,
    *,
    media_type: str,
    show: Callable[[Layout], bytes],
) -> Response:
    document = await run_in_threadpool(get_document, program, document_id)
    etag = f'"{document.digest}.{LAYOUT_VERSION}"'
    if _is_known(request, etag):
        return _not_modified(etag)
    layout = await run_in_threadpool(views.find_layout, program, document)
    if layout is None:
        window: Window = request.app.state.window
        if window.is_crowded:
            return _busy(request)
        layout = await window.see(lambda reader: views.read_layout(program, reader, document))
    body = await run_in_threadpool(show, layout)
    return Response(body, media_type=media_type, headers=HEADERS | {"ETag": etag})


def _is_known(request: Request, etag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return etag in (each.strip().removeprefix("W/") for each in given.split(","))


def _not_modified(etag: str) -> Response:
    return Response(status_code=304, headers=HEADERS | {"ETag": etag})


def _busy(request: Request) -> Response:
    message = f"{WAITING} documents wait to be read already: ask again in a few seconds."
    return problem(request.scope, 503, message, headers={"Retry-After": BUSY_SECONDS})
