"""What a person can do to see what docrail sees: the layout, the Markdown and the pages of a document."""

from pathlib import Path

from docrail.bootstrap import Program
from docrail.core.errors import DocumentError, InvalidInput, NotFound
from docrail.core.model import Layout, Page
from docrail.reading.sandbox import Reader
from docrail.store.documents import StoredDocument

WIDTHS = (200, 400, 800, 1200, 1600, 2400)
"""The widths, in pixels, that pages are rendered at: few, so that few pictures are kept of a page."""


class NoSuchPage(NotFound):
    """The document is there; it has no such page, or no pages that could be shown."""


def read_file(reader: Reader, path: Path, *, filename: str) -> Layout:
    """What docrail sees of a file of the disk. Raises InvalidInput if it cannot be opened, DocumentError."""
    try:
        with path.open("rb"):
            return reader.read(path, filename=filename)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be opened: {error.strerror}") from error


def find_layout(program: Program, document: StoredDocument) -> Layout | None:
    """What was read of these bytes, in any run; None if they were never read."""
    return program.blobs.read_layout(document.digest)


def read_layout(program: Program, reader: Reader, document: StoredDocument) -> Layout:
    """What docrail sees of a document, read now unless it was tried before. DocumentError, also the known one."""
    layout = find_layout(program, document)
    if layout is None:
        known = program.blobs.find_unread(document.digest, terms=reader.terms)
        if known is not None:
            raise known
        try:
            layout = reader.read(program.blobs.path(document.digest), filename=document.filename)
        except FileNotFoundError as error:
            message = "The bytes of this document are gone from the home folder: give the file again."
            raise DocumentError(message, code="unreadable") from error
        except DocumentError as error:
            if not error.retryable:
                program.blobs.keep_unread(document.digest, error, terms=reader.terms)
            raise
        program.blobs.keep_layout(document.digest, layout)
    return layout


def find_picture(program: Program, document: StoredDocument, *, number: int, width: int) -> bytes | None:
    """The PNG kept of a page; `width` is one of WIDTHS."""
    return program.blobs.read_picture(document.digest, f"{number}-{width}")


def read_picture(
    program: Program, reader: Reader, document: StoredDocument, *, number: int, width: int
) -> bytes:
    """A page as PNG, as it was read (turned upright), so that its boxes fit: rendered now unless it was before.

    `width` is one of WIDTHS. Raises NoSuchPage, DocumentError.
    """
    png = find_picture(program, document, number=number, width=width)
    if png is None:
        page = find_page(read_layout(program, reader, document), number)
        path = program.blobs.path(document.digest)
        png = reader.render(path, number=number, width=width, rotation=page.rotation)
        program.blobs.keep_picture(document.digest, f"{number}-{width}", png)
    return png


def find_page(layout: Layout, number: int) -> Page:
    """A page that can be shown as a picture. Raises NoSuchPage."""
    if not has_pictures(layout):
        raise NoSuchPage(
            f"A file of the kind {layout.media_type} has no pages that could be shown as pictures."
        )
    return get_page(layout, number)


def get_page(layout: Layout, number: int) -> Page:
    """A page by its number. Raises NoSuchPage."""
    page = next((page for page in layout.pages if page.number == number), None)
    if page is None:
        count = len(layout.pages)
        raise NoSuchPage(f"There is no page {number}: {count} page{'s were' if count != 1 else ' was'} read.")
    return page


def has_pictures(layout: Layout) -> bool:
    """Whether its pages are real ones, which can be rendered."""
    return layout.media_type == "application/pdf" or layout.media_type.startswith("image/")


def width_for(wanted: int) -> int:
    """The width that is rendered where `wanted` pixels are asked for: the next larger of WIDTHS.

    >>> width_for(500), width_for(9000)
    (800, 2400)
    """
    return next((width for width in WIDTHS if width >= wanted), WIDTHS[-1])
