"""PDF: words from the text layer; OCR where a page has none or garbage; invoices embedded as XML come along."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module

from docrail.core.model import Issue, Layout, Line, Page, Severity, Source
from docrail.reading import pdf_file
from docrail.reading.blocks import find_blocks
from docrail.reading.limits import Terms, cut_short
from docrail.reading.lines import group_rows
from docrail.reading.pdf_garbled import is_garbled
from docrail.reading.pdf_parse import NativeComplexity, NativeItem, NativePage, NativeResult, measure, parse
from docrail.reading.pdf_tables import find_tables
from docrail.reading.pdf_words import FoundWords, find_words

_FEW_LETTERS = 60
_BLEED = 2.0
_UNREADABLE = (RuntimeError, ValueError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A page by its text layer. `is_suspect`: there may be text that nobody sees; `is_scarce`: perhaps a scan;
    `is_beyond`: something stands beside the page."""

    page: Page
    is_suspect: bool
    is_scarce: bool
    is_garbled: bool
    is_beyond: bool


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a PDF. Boxes are in points from the top left of the page as it is shown (rotation applied)."""
    # The parser works without Python's lock: meanwhile the file is looked into.
    looking = _beside().submit(pdf_file.inspect, data, limits=terms.limits)
    try:
        parsed, whole, issues = _parse(data, terms=terms)
    finally:
        wait([looking])
    inside = looking.result() if whole is data else pdf_file.inspect(whole, limits=terms.limits)
    data = whole
    found = [_read_page(page, inside) for page in parsed.pages]
    layout = Layout(
        media_type=media_type,
        pages=tuple(each.page for each in found),
        embedded=inside.embedded,
        issues=(*issues, *inside.issues, *_count_issues(parsed, terms=terms), *_garbled_issues(found)),
    )
    return _note_hidden(_complete(layout, found, inside=inside, data=data, terms=terms))


def _complete(
    layout: Layout, found: Sequence[_Read], *, inside: pdf_file.Inside, data: bytes, terms: Terms
) -> Layout:
    """`layout` with what the text layer alone does not tell."""
    suspects = _numbers(each for each in found if each.is_suspect)
    beyond = _numbers(each for each in found if each.is_beyond)
    pictured = inside.pictured & _numbers(each for each in found if not each.is_garbled)
    unread = frozenset(_find_unread(found, data=data))
    if not (suspects or beyond or pictured or unread):
        return layout
    # Rendering and OCR are loaded by the first page that needs them.
    pictures = import_module("docrail.reading.pdf_pictures")
    wanted = pictures.Wanted(
        suspects=suspects,
        unpainted=suspects if inside.has_invisible_text else frozenset(),
        outside=beyond,
        pictured=pictured,
        unread=unread,
    )
    completed: Layout = pictures.complete(layout, data=data, wanted=wanted, terms=terms)
    return completed


def _numbers(found: Iterable[_Read]) -> frozenset[int]:
    return frozenset(each.page.number for each in found)


@lru_cache(maxsize=1)
def _beside() -> ThreadPoolExecutor:
    """A thread that waits for the next file: to start one takes longer than to look into a small file."""
    return ThreadPoolExecutor(1, thread_name_prefix="docrail-pdf")


def _parse(data: bytes, *, terms: Terms) -> tuple[NativeResult, bytes, tuple[Issue, ...]]:
    """The parsed file, the bytes that could be parsed, and an issue when they had to be repaired."""
    try:
        parsed = parse(data, pages=terms.limits.pages)
        if parsed.num_pages:
            return parsed, data, ()
    except _UNREADABLE as error:
        reason = str(error)
    else:
        reason = "it has no pages"
    repaired = pdf_file.repair(data, reason=reason)
    try:
        parsed = parse(repaired, pages=terms.limits.pages)
    except _UNREADABLE as error:
        raise pdf_file.unreadable(str(error)) from error
    if not parsed.num_pages:
        raise pdf_file.unreadable(reason)
    message = "The PDF is damaged and was repaired before reading: parts may be missing."
    return parsed, repaired, (Issue(code="repaired", message=message),)


def _read_page(page: NativePage, inside: pdf_file.Inside) -> _Read:
    items = page.text_items
    found = find_words(page, items)
    rows = group_rows(found.level)
    lines = (*(row.line for row in rows), *(Line(words=run.words) for run in found.turned))
    built = Page(
        number=page.page_num,
        width=round(page.width, 2),
        height=round(page.height, 2),
        source=Source.TEXT_LAYER,
        lines=lines,
        tables=find_tables(rows, page.vector_graphics),
        hidden=found.hidden,
        blocks=find_blocks(rows),
    )
    garbled = _is_garbled(items)
    if garbled:
        # Nothing of it is worth keeping, and its many words must not outvote what OCR finds.
        built = replace(built, lines=(), tables=(), blocks=())
    return _Read(
        page=built,
        is_suspect=bool(built.lines) and _is_suspect(page, found, inside),
        is_scarce=_count_letters(items) < _FEW_LETTERS,
        is_garbled=garbled,
        is_beyond=_reaches_beyond(page),
    )


def _is_suspect(page: NativePage, found: FoundWords, inside: pdf_file.Inside) -> bool:
    is_doubtful = found.has_filled and page.page_num in inside.doubtful
    return inside.has_invisible_text or found.has_doubt or is_doubtful


def _reaches_beyond(page: NativePage) -> bool:
    """Whether anything is drawn beside the page, where the parser drops text: all of it if the page has no size."""
    if page.width < 1 or page.height < 1:
        return True
    bounds = page.content_bounds
    return bounds is not None and (
        min(bounds.x, bounds.y) < -_BLEED
        or bounds.x + bounds.width > page.width + _BLEED
        or bounds.y + bounds.height > page.height + _BLEED
    )


def _is_garbled(items: Sequence[NativeItem]) -> bool:
    texts = [item.text for item in items]
    return is_garbled(" ".join(texts))


def _find_unread(found: Sequence[_Read], *, data: bytes) -> list[int]:
    """The numbers of the pages that OCR must read: garbage, or next to no text while there is something to see."""
    scarce = [each.page.number for each in found if each.is_scarce and not each.is_garbled]
    seen = measure(data, numbers=scarce) if scarce else {}
    return [
        each.page.number
        for each in found
        if each.is_garbled or (each.is_scarce and _shows_something(seen.get(each.page.number), each.page))
    ]


def _shows_something(seen: NativeComplexity | None, page: Page) -> bool:
    if seen is None:
        return not page.lines
    pictured = seen.full_page_image or seen.image_coverage > 0.15 or (seen.uncovered_vector_area or 0) > 200
    return pictured or seen.is_garbled


def _count_letters(items: Sequence[NativeItem]) -> int:
    """Letters and digits of the text layer, counted until there are enough."""
    letters = 0
    for item in items:
        letters += sum(map(str.isalnum, item.text))
        if letters >= _FEW_LETTERS:
            break
    return letters


def _garbled_issues(found: Sequence[_Read]) -> tuple[Issue, ...]:
    numbers = [str(each.page.number) for each in found if each.is_garbled]
    if not numbers:
        return ()
    message = f"The text layer is garbage, so OCR was used instead: page {', '.join(numbers[:20])}."
    return (Issue(code="text_layer_garbled", message=message, severity=Severity.INFO),)


def _note_hidden(layout: Layout) -> Layout:
    hiding = [str(page.number) for page in layout.pages if page.hidden]
    if not hiding:
        return layout
    message = f"Text that nobody can see was set apart: page {', '.join(hiding[:20])}."
    return replace(layout, issues=(*layout.issues, Issue(code="hidden_text", message=message)))


def _count_issues(parsed: NativeResult, *, terms: Terms) -> tuple[Issue, ...]:
    issues = []
    if parsed.total_pages > parsed.num_pages + len(parsed.page_errors):
        read = f"Only the first {terms.limits.pages} of {parsed.total_pages} pages were read"
        issues.append(cut_short(read, limits=terms.limits, name="pages", code="pages_not_read"))
    if parsed.page_errors:
        numbers = ", ".join(str(error.page_num) for error in parsed.page_errors[:20])
        message = f"Damaged pages could not be read: {numbers}. Export the PDF again."
        issues.append(Issue(code="pages_not_read", message=message))
    return tuple(issues)
