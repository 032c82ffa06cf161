"""PDF pages looked at as pictures: words nobody can see are set apart, pages without a text layer go through OCR."""

import ctypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from math import sqrt

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # has no stubs
import pypdfium2.raw as raw  # type: ignore[import-untyped]  # has no stubs
from PIL import Image

from docrail.core.model import Box, Hidden, Issue, Layout, Line, Page, Word
from docrail.reading.blocks import find_blocks
from docrail.reading.limits import Terms
from docrail.reading.lines import Run, group_rows
from docrail.reading.ocr import Recognition, read_picture, recognition_issues
from docrail.reading.pdf_forms import is_tick
from docrail.reading.pdf_mixed import add_recognised, cut_out, find_pictures, shows_more, words_of
from docrail.reading.pdf_place import find_outside, place
from docrail.reading.pdf_tables import find_aligned

_POINTS = 72.0
_LOOK_DPI = 72.0
_FLAT = 8
_MOST_PIXELS = 12_000_000
_LONGEST_SIDE = 6000
_MUCH = 0.5
_MOST_OBJECTS = 5000
_UNPAINTED = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Numbers of the pages to look at: where words may be invisible (`suspects`) or even set so (`unpainted`), where
    something stands beside the page, where a picture may hold text, and those that OCR must read."""

    suspects: frozenset[int] = frozenset()
    unpainted: frozenset[int] = frozenset()
    outside: frozenset[int] = frozenset()
    pictured: frozenset[int] = frozenset()
    unread: frozenset[int] = frozenset()


def complete(layout: Layout, *, data: bytes, wanted: Wanted, terms: Terms) -> Layout:
    """`layout` with what the pages `wanted` show when they are looked at."""
    try:
        with opened(data) as pdf:
            layout = _look(layout, pdf=pdf, wanted=wanted)
            parts = {} if not wanted.pictured else _find_parts(layout, pdf=pdf, wanted=wanted)
            return _recognise(layout, pdf=pdf, wanted=wanted, parts=parts, terms=terms)
    except pdfium.PdfiumError as error:
        message = f"Pages could not be rendered ({error}): only their text layer was read."
        return replace(layout, issues=(*layout.issues, Issue(code="pages_not_read", message=message)))


@contextmanager
def opened(data: bytes) -> Iterator[pdfium.PdfDocument]:
    """The PDF, with its forms set up, closed at the end. PdfiumError if it cannot be opened."""
    pdf = pdfium.PdfDocument(data)
    try:
        # Filled form fields are drawn only when forms are set up; XFA ones it warns about, and draws all the same.
        pdf.init_forms()
        yield pdf
    finally:
        pdf.close()


def _look(layout: Layout, *, pdf: pdfium.PdfDocument, wanted: Wanted) -> Layout:
    """What nobody sees of the pages that are read by their text layer, set apart."""
    suspects = wanted.suspects - wanted.unread
    pages = []
    for page in layout.pages:
        if page.number in suspects:
            page = _split_page(page, pdf=pdf, is_unpainted=page.number in wanted.unpainted)
        if page.number in wanted.outside:
            with closing(pdf[page.number - 1]) as source:
                page = replace(page, hidden=(*page.hidden, *find_outside(source)))
        pages.append(page)
    return replace(layout, pages=tuple(pages))


def _find_parts(layout: Layout, *, pdf: pdfium.PdfDocument, wanted: Wanted) -> dict[int, list[Box]]:
    """The pictures that say more than the text layer over them, by page."""
    parts = {}
    for page in layout.pages:
        if page.number in wanted.pictured - wanted.unread:
            with closing(pdf[page.number - 1]) as source:
                boxes = find_pictures(source, page)
                if boxes:
                    grey, dpi = _render(source, page, dpi=_LOOK_DPI, is_grey=True)
                    words = tuple(words_of(page))
                    boxes = [box for box in boxes if shows_more(grey, box, words, scale=dpi / _POINTS)]
            if boxes:
                parts[page.number] = boxes
    return parts


def _split_page(page: Page, *, pdf: pdfium.PdfDocument, is_unpainted: bool) -> Page:
    with closing(pdf[page.number - 1]) as source:
        grey, dpi = _render(source, page, dpi=_LOOK_DPI, is_grey=True)
        unpainted = list(_find_unpainted(source, page)) if is_unpainted else []
    lines, hidden = [], list(page.hidden)
    for line in page.lines:
        seen = tuple(
            word for word in line.words if is_tick(word) or _is_seen(word, grey, scale=dpi / _POINTS)
        )
        if seen:
            lines.append(Line(words=seen))
        if len(seen) < len(line.words):
            unseen = " ".join(word.text for word in line.words if word not in seen)
            box = Box.around(word.box for word in line.words if word not in seen)
            hidden.append(Hidden(text=unseen, reason="not visible on the page", box=box))
    known = _dense([*(item.text for item in hidden), *(line.text for line in lines)])
    hidden.extend(item for item in unpainted if _dense([item.text]) not in known)
    if len(hidden) == len(page.hidden):
        return page
    # Blocks and tables hold the hidden words too, so they are found anew.
    rows = group_rows(Run(words=line.words, box=line.box) for line in lines)
    return replace(
        page, lines=tuple(lines), hidden=tuple(hidden), blocks=find_blocks(rows), tables=find_aligned(rows)
    )


def _find_unpainted(source: pdfium.PdfPage, page: Page) -> Iterator[Hidden]:
    """Text set as invisible, which the parser leaves out where a page has visible text too."""
    words = source.get_textpage()
    for item in islice(source.get_objects(filter=(raw.FPDF_PAGEOBJ_TEXT,)), _MOST_OBJECTS):
        if raw.FPDFTextObj_GetTextRenderMode(item.raw) in _UNPAINTED and (text := _text_of(item, words)):
            yield Hidden(text=text, reason="not visible on the page", box=_rounded(place(item, page)))
    words.close()


def _dense(texts: Iterable[str]) -> str:
    return "".join("".join(texts).split())


def _text_of(item: pdfium.PdfObject, words: pdfium.PdfTextPage) -> str:
    size = raw.FPDFTextObj_GetText(item.raw, words.raw, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFTextObj_GetText(item.raw, words.raw, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw.decode("utf-16-le", errors="replace").strip("\0 \n\r\t")


def _rounded(box: Box) -> Box:
    x0, y0, x1, y1 = (round(side, 2) for side in (box.x0, box.y0, box.x1, box.y1))
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def _is_seen(word: Word, grey: Image.Image, *, scale: float) -> bool:
    """Whether there is any contrast where the word stands."""
    box = word.box
    left, top = max(int(box.x0 * scale), 0), max(int(box.y0 * scale), 0)
    right, bottom = min(int(box.x1 * scale) + 1, grey.width), min(int(box.y1 * scale) + 1, grey.height)
    if right <= left or bottom <= top:
        return False
    extremes = grey.crop((left, top, right, bottom)).getextrema()
    low, high = extremes if isinstance(extremes[0], (int, float)) else extremes[0]
    return float(high) - float(low) >= _FLAT


def _recognise(
    layout: Layout,
    *,
    pdf: pdfium.PdfDocument,
    wanted: Wanted,
    parts: Mapping[int, Sequence[Box]],
    terms: Terms,
) -> Layout:
    if not wanted.unread and not parts:
        return layout
    found: list[Recognition] = []
    late, pages = [], []
    for page in layout.pages:
        boxes = parts.get(page.number, ())
        if page.number not in wanted.unread and not boxes:
            pages.append(page)
        elif terms.is_late:
            late.append(str(page.number))
            pages.append(page)
        elif boxes:
            pages.append(_recognise_parts(page, boxes, pdf=pdf, found=found, terms=terms))
        else:
            pages.append(
                _recognise_page(
                    page, is_trusted=page.number not in wanted.suspects, pdf=pdf, found=found, terms=terms
                )
            )
    issues = [*layout.issues, *recognition_issues(found)]
    if late:
        message = f"No time for the OCR of page {', '.join(late[:20])}: allow more seconds or split the file."
        issues.append(Issue(code="pages_not_read", message=message))
    return replace(layout, pages=tuple(pages), issues=tuple(issues))


def _recognise_page(
    page: Page, *, is_trusted: bool, pdf: pdfium.PdfDocument, found: list[Recognition], terms: Terms
) -> Page:
    """The page by OCR; the few words of a text layer that is not suspected stay where OCR saw them too."""
    with closing(pdf[page.number - 1]) as source:
        picture, dpi = _render(source, page, dpi=terms.limits.render_dpi)
    recognition = read_picture(
        picture, number=page.number, dpi=dpi, threads=terms.threads, engine=terms.engine
    )
    found.append(recognition)
    if is_trusted and page.lines and not recognition.turned:
        return add_recognised(page, recognition, at=Box(x0=0, y0=0, x1=page.width, y1=page.height))
    return replace(_better(page, recognition.page), hidden=page.hidden)


def _recognise_parts(
    page: Page, boxes: Sequence[Box], *, pdf: pdfium.PdfDocument, found: list[Recognition], terms: Terms
) -> Page:
    """The page with the words of its pictures."""
    with closing(pdf[page.number - 1]) as source:
        picture, dpi = _render(source, page, dpi=terms.limits.render_dpi)
    for box in boxes:
        part = cut_out(picture, box, scale=dpi / _POINTS)
        recognition = read_picture(
            part, number=page.number, dpi=dpi, threads=terms.threads, engine=terms.engine
        )
        if recognition.page.lines:
            found.append(recognition)
        page = add_recognised(page, recognition, at=box)
    return page


def _better(page: Page, recognised: Page) -> Page:
    """The page as recognised, unless OCR saw much less than the text layer says."""
    before = sum(len(line.words) for line in page.lines)
    after = sum(len(line.words) for line in recognised.lines)
    return recognised if after >= _MUCH * before else page


def _render(
    source: pdfium.PdfPage, page: Page, *, dpi: float, is_grey: bool = False
) -> tuple[Image.Image, float]:
    """The page as an RGB or grey picture and the dpi it really has: large pages are rendered coarser, never
    refused."""
    most = min(
        sqrt(_MOST_PIXELS / max(page.width * page.height, 1.0)),
        _LONGEST_SIDE / max(page.width, page.height, 1.0),
    )
    scale = min(dpi / _POINTS, most)
    picture: Image.Image = source.render(scale=scale, may_draw_forms=True, grayscale=is_grey).to_pil()
    return picture.convert("L" if is_grey else "RGB"), scale * _POINTS
