"""PDF pages looked at as pictures: words nobody can see are set apart, pages without a text layer go through OCR."""

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib import import_module
from itertools import islice
from math import sqrt

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # has no stubs
import pypdfium2.raw as raw  # type: ignore[import-untyped]  # has no stubs
from PIL import Image

from docrail.core.model import Box, Hidden, Issue, Layout, Line, Page, Word
from docrail.reading.blocks import find_blocks
from docrail.reading.limits import Terms
from docrail.reading.lines import Run, group_rows
from docrail.reading.pdf_tables import find_aligned

_POINTS = 72.0
_LOOK_DPI = 72.0
_FLAT = 8
_MOST_PIXELS = 12_000_000
_LONGEST_SIDE = 6000
_MUCH = 0.5
_MOST_OBJECTS = 5000
_UNPAINTED = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)


def complete(
    layout: Layout, *, data: bytes, suspects: Sequence[int], unread: Sequence[int], terms: Terms
) -> Layout:
    """`layout` with the invisible words of `suspects` set apart and the pages in `unread` recognised."""
    try:
        with opened(data) as pdf:
            layout = _set_invisible_apart(layout, pdf=pdf, numbers=frozenset(suspects) - frozenset(unread))
            return _recognise(layout, pdf=pdf, numbers=unread, terms=terms) if unread else layout
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


def _set_invisible_apart(layout: Layout, *, pdf: pdfium.PdfDocument, numbers: frozenset[int]) -> Layout:
    pages = tuple(_split_page(page, pdf=pdf) if page.number in numbers else page for page in layout.pages)
    return replace(layout, pages=pages)


def _split_page(page: Page, *, pdf: pdfium.PdfDocument) -> Page:
    with closing(pdf[page.number - 1]) as source:
        grey, dpi = _render(source, page, dpi=_LOOK_DPI, is_grey=True)
        unpainted = list(_find_unpainted(source, page))
    lines, hidden = [], list(page.hidden)
    for line in page.lines:
        seen = tuple(word for word in line.words if _is_seen(word, grey, scale=dpi / _POINTS))
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
            yield Hidden(text=text, reason="not visible on the page", box=_place(item, page))
    words.close()


def _dense(texts: Iterable[str]) -> str:
    return "".join("".join(texts).split())


def _text_of(item: pdfium.PdfObject, words: pdfium.PdfTextPage) -> str:
    size = raw.FPDFTextObj_GetText(item.raw, words.raw, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFTextObj_GetText(item.raw, words.raw, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw.decode("utf-16-le", errors="replace").strip("\0 \n\r\t")


def _place(item: pdfium.PdfObject, page: Page) -> Box | None:
    """Where an object stands; unknown on a turned page."""
    left, bottom, right, top = item.get_bounds()
    if item.page.get_rotation():
        return None
    sides = (left, page.height - top, right, page.height - bottom)
    return Box(**dict(zip(("x0", "y0", "x1", "y1"), (round(side, 2) for side in sides), strict=True)))


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


def _recognise(layout: Layout, *, pdf: pdfium.PdfDocument, numbers: Sequence[int], terms: Terms) -> Layout:
    ocr = import_module("docrail.reading.ocr")
    wanted, found, late = frozenset(numbers), [], []
    pages = []
    for page in layout.pages:
        if page.number not in wanted:
            pages.append(page)
        elif terms.is_late:
            late.append(str(page.number))
            pages.append(page)
        else:
            with closing(pdf[page.number - 1]) as source:
                picture, dpi = _render(source, page, dpi=terms.limits.render_dpi)
            recognition = ocr.read_picture(
                picture, number=page.number, dpi=dpi, threads=terms.threads, engine=terms.engine
            )
            found.append(recognition)
            pages.append(_better(page, recognition.page))
    issues = [*layout.issues, *ocr.recognition_issues(found)]
    if late:
        message = f"No time for the OCR of page {', '.join(late[:20])}: allow more seconds or split the file."
        issues.append(Issue(code="pages_not_read", message=message))
    return replace(layout, pages=tuple(pages), issues=tuple(issues))


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
