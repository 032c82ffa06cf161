"""Where things of a PDF stand on the page as it is shown, and what text stands beside the page."""

import ctypes
from collections.abc import Iterator

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # has no stubs
import pypdfium2.raw as raw  # type: ignore[import-untyped]  # has no stubs

from docrail.core.model import Box, Hidden, Page

_FAR = 1e6
_BLEED = 2.0
_FINE = 100


def place(item: pdfium.PdfObject, page: Page) -> Box:
    """The box of an object, in points on the page as shown, whatever forms it stands in."""
    left, bottom, right, top = item.get_bounds()
    corners = [(left, bottom), (right, bottom), (left, top), (right, top)]
    holder = item.container
    while holder is not None:
        matrix = holder.get_matrix()
        corners = [matrix.on_point(*corner) for corner in corners]
        holder = holder.container
    shown = [_on_page(item.page, page, *corner) for corner in corners]
    xs, ys = [x for x, _ in shown], [y for _, y in shown]
    return Box(x0=min(xs), y0=min(ys), x1=max(xs), y1=max(ys))


def _on_page(source: pdfium.PdfPage, page: Page, x: float, y: float) -> tuple[float, float]:
    """A point of the PDF's own space in hundredths of a point on the page: turned, cropped, y downwards."""
    across, down = ctypes.c_int(), ctypes.c_int()
    width, height = int(page.width * _FINE), int(page.height * _FINE)
    raw.FPDF_PageToDevice(source, 0, 0, width, height, 0, x, y, across, down)
    return across.value / _FINE, down.value / _FINE


def find_outside(source: pdfium.PdfPage) -> Iterator[Hidden]:
    """Text that stands beside the page: left, right, below or above of what is shown of it."""
    left, bottom, right, top = source.get_bbox()
    left, bottom, right, top = left - _BLEED, bottom - _BLEED, right + _BLEED, top + _BLEED
    strips = (
        (-_FAR, -_FAR, left, _FAR),
        (right, -_FAR, _FAR, _FAR),
        (left, -_FAR, right, bottom),
        (left, top, right, _FAR),
    )
    words = source.get_textpage()
    try:
        for strip in strips:
            text = " ".join(words.get_text_bounded(*strip).split())
            if text:
                yield Hidden(text=text, reason="outside the page")
    finally:
        words.close()
