"""Plain text: each line where it stands, on a grid of characters; a form feed starts a page."""

from docrail.core.model import Issue, Layout, Page, Source
from docrail.reading.decode import decode
from docrail.reading.grid import Grid
from docrail.reading.limits import Terms, cut_short


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a text file."""
    text, issues = decode(data)
    text, cut = cut_text(text, terms=terms)
    parts = text.split("\f")
    if len(parts) > terms.limits.pages:
        message = f"Only the first {terms.limits.pages:,} of {len(parts):,} pages were read"
        cut = (*cut, cut_short(message, limits=terms.limits, name="pages", code="pages_not_read"))
    pages = tuple(
        _read_page(part, number=number) for number, part in enumerate(parts[: terms.limits.pages], start=1)
    )
    return Layout(media_type=media_type, pages=pages, issues=issues + cut)


def cut_text(text: str, *, terms: Terms) -> tuple[str, tuple[Issue, ...]]:
    """`text` up to the limit of characters, and an issue when there was more."""
    limit = terms.limits.characters
    if len(text) <= limit:
        return text, ()
    message = f"Only the beginning of {len(text):,} characters was read"
    return text[:limit], (cut_short(message, limits=terms.limits, name="characters"),)


def _read_page(text: str, *, number: int) -> Page:
    grid = Grid()
    for line in text.splitlines():
        grid.add_text(line)
    return grid.page(number=number, source=Source.PLAIN)
