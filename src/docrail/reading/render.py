"""A page as a picture, as a person sees it: PDF pages and frames of pictures become PNG. Runs inside the child."""

import io
from collections import deque
from math import sqrt

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # has no stubs
from PIL import Image

from docrail.core.errors import DocumentError
from docrail.reading import detect, image, pdf_file
from docrail.reading.limits import Limits
from docrail.reading.pdf_pictures import opened

_MOST_PIXELS = 12_000_000
_LONGEST_SIDE = 6000
_TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def render_page(data: bytes, *, number: int, width: int, rotation: int, limits: Limits) -> bytes:
    """Page `number` (from 1) as PNG, `width` pixels wide after a clockwise turn by `rotation` degrees (0, 90, 180,
    270); a picture that has fewer pixels keeps its size. A very long page gets narrower: at most 12 million pixels
    and 6,000 a side. DocumentError if there is no such page."""
    media_type = detect.detect(data)
    if media_type == detect.PDF:
        picture = _render_pdf(data, number=number, width=width, rotation=rotation)
    elif media_type in image.FORMATS:
        picture = _find_frame(data, media_type=media_type, number=number, limits=limits)
    else:
        raise DocumentError("Only PDF files and pictures have pages to show.", code="unsupported")
    upright = picture.transpose(_TURNS[rotation]) if rotation else picture
    return _as_png(_fit(upright, width=width))


def fitting_scale(size: tuple[float, float], *, width: float) -> float:
    """What to multiply a page of this (width, height) by: to the wanted width, unless it gets too large.

    >>> fitting_scale((595.0, 842.0), width=1190)
    2.0
    """
    across, down = max(size[0], 1e-3), max(size[1], 1e-3)
    return min(width / across, sqrt(_MOST_PIXELS / (across * down)), _LONGEST_SIDE / max(across, down))


def _render_pdf(data: bytes, *, number: int, width: int, rotation: int) -> Image.Image:
    try:
        return _draw(data, number=number, width=width, rotation=rotation)
    except pdfium.PdfiumError as error:
        repaired = pdf_file.repair(data, reason=str(error))
    try:
        return _draw(repaired, number=number, width=width, rotation=rotation)
    except pdfium.PdfiumError as error:
        raise pdf_file.unreadable(str(error)) from error


def _draw(data: bytes, *, number: int, width: int, rotation: int) -> Image.Image:
    with opened(data) as pdf:
        if not 1 <= number <= len(pdf):
            raise _no_such_page(number, len(pdf))
        page = pdf[number - 1]
        try:
            across, down = page.get_size()
            size = (down, across) if rotation in (90, 270) else (across, down)
            # PDFium rounds up: a hair less, or a page becomes a pixel too wide.
            scale = fitting_scale(size, width=width) * (1 - 1e-9)
            drawn: Image.Image = page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
        finally:
            page.close()
    return drawn


def _find_frame(data: bytes, *, media_type: str, number: int, limits: Limits) -> Image.Image:
    picture = image.open_picture(data, media_type=media_type, limits=limits)
    frames = image.count_pages(picture, media_type=media_type)
    if not 1 <= number <= frames:
        raise _no_such_page(number, frames)
    return deque(image.flat_frames(picture, number, limits=limits), maxlen=1).pop()


def _fit(picture: Image.Image, *, width: int) -> Image.Image:
    """Never larger than it is: more pixels would show no more."""
    scale = min(fitting_scale(picture.size, width=width), 1.0)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)


def _as_png(picture: Image.Image) -> bytes:
    """Grey where there is no colour: a third of the bytes."""
    red, green, blue = (picture.getchannel(name).tobytes() for name in "RGB")
    target = io.BytesIO()
    (picture.convert("L") if red == green == blue else picture).save(target, format="PNG")
    return target.getvalue()


def _no_such_page(number: int, pages: int) -> DocumentError:
    return DocumentError(f"There is no page {number}: the file has {pages}.", code="unsupported")
