"""PDF: words from the text layer; OCR where a page has none or garbage; invoices embedded as XML come along."""

from importlib import import_module

from liteparse import LiteParse
from liteparse.types import ParsedPage, ParseError, ParseResult

from docrail.core.model import Hidden, Issue, Layout, Line, Page, Source
from docrail.reading import pdf_file
from docrail.reading.limits import Terms
from docrail.reading.lines import group_lines
from docrail.reading.pdf_words import find_words, is_garbled

_FEW_LETTERS = 60


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a PDF. Boxes are in points from the top left of the page as it is shown (rotation applied)."""
    parsed, data, issues = _parse(data, terms=terms)
    inside = pdf_file.inspect(data, limits=terms.limits)
    pages = [_read_page(page, is_suspect=inside.has_invisible_text) for page in parsed.pages]
    suspects = [page for page, suspect in pages if suspect]
    unread = [page.page_num for page in parsed.pages if _needs_ocr(page)]
    layout = Layout(
        media_type=media_type,
        pages=tuple(page for page, _ in pages),
        embedded=inside.embedded,
        issues=(*issues, *inside.issues, *_count_issues(parsed, terms=terms)),
    )
    if not suspects and not unread:
        return layout
    # Rendering and OCR are loaded by the first page that needs them.
    pictures = import_module("docrail.reading.pdf_pictures")
    completed: Layout = pictures.complete(
        layout, data=data, suspects=tuple(page.number for page in suspects), unread=tuple(unread), terms=terms
    )
    return completed


def _parse(data: bytes, *, terms: Terms) -> tuple[ParseResult, bytes, tuple[Issue, ...]]:
    """The parsed file, the bytes that could be parsed, and an issue when they had to be repaired."""
    parser = LiteParse(
        ocr_enabled=False,
        quiet=True,
        num_workers=1,
        image_mode="off",
        max_pages=terms.limits.pages,
        continue_on_page_error=True,
        emit_word_boxes=True,
        include_complexity=True,
        extract_text_metadata=True,
    )
    try:
        parsed = parser.parse(data)
        if parsed.pages:
            return parsed, data, ()
    except ParseError as error:
        reason = str(error)
    else:
        reason = "it has no pages"
    repaired = pdf_file.repair(data, reason=reason)
    try:
        parsed = parser.parse(repaired)
    except ParseError as error:
        raise pdf_file.unreadable(str(error)) from error
    if not parsed.pages:
        raise pdf_file.unreadable(reason)
    message = "The PDF is damaged and was repaired before reading: parts may be missing."
    return parsed, repaired, (Issue(code="repaired", message=message),)


def _read_page(page: ParsedPage, *, is_suspect: bool) -> tuple[Page, bool]:
    """The page by its text layer, and whether it must be looked at for text that nobody sees."""
    found = find_words(page)
    lines = (*group_lines(found.level), *(Line(words=words) for words in found.turned))
    built = Page(
        number=page.page_num,
        width=round(page.width, 2),
        height=round(page.height, 2),
        source=Source.TEXT_LAYER,
        lines=lines,
        hidden=tuple(Hidden(text=text, reason="outside the page") for text in found.outside),
    )
    return built, bool(lines) and (is_suspect or found.has_white)


def _needs_ocr(page: ParsedPage) -> bool:
    """Whether the text layer is missing or garbage while there is something to see."""
    seen = page.complexity
    letters = _count_letters(page)
    if letters >= _FEW_LETTERS:
        return is_garbled(page) or bool(seen and seen.is_garbled)
    if seen is None:
        return letters == 0
    pictured = seen.full_page_image or seen.image_coverage > 0.15 or (seen.uncovered_vector_area or 0) > 200
    return pictured or seen.is_garbled or is_garbled(page)


def _count_letters(page: ParsedPage) -> int:
    """Letters and digits of the text layer, counted until there are enough."""
    letters = 0
    for item in page.text_items:
        letters += sum(map(str.isalnum, item.text))
        if letters >= _FEW_LETTERS:
            break
    return letters


def _count_issues(parsed: ParseResult, *, terms: Terms) -> tuple[Issue, ...]:
    issues = []
    if parsed.total_pages > len(parsed.pages) + len(parsed.page_errors):
        message = (
            f"Only the first {terms.limits.pages} of {parsed.total_pages} pages were read: split the file or "
            "raise the limit of pages."
        )
        issues.append(Issue(code="pages_not_read", message=message))
    if parsed.page_errors:
        numbers = ", ".join(str(error.page_num) for error in parsed.page_errors[:20])
        message = f"Damaged pages could not be read: {numbers}. Export the PDF again."
        issues.append(Issue(code="pages_not_read", message=message))
    return tuple(issues)
