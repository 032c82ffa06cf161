"""Pictures of pages: PNG, JPEG, TIFF with many pages, WebP, BMP and GIF, read by OCR."""

import io
import warnings
from collections.abc import Iterator

from PIL import Image, ImageOps, ImageSequence

from docrail.core.errors import DocumentError
from docrail.core.model import Issue, Layout, Page
from docrail.reading.limits import Limits, Terms
from docrail.reading.ocr import Recognition, read_picture, recognition_issues

_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
    "image/webp": "WEBP",
}
_UNKNOWN_DPI = 200.0


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a picture: a page a frame, sizes in points by the picture's own resolution."""
    image = _open(data, media_type=media_type, limits=terms.limits)
    pages: list[Page] = []
    found: list[Recognition] = []
    issues: tuple[Issue, ...] = ()
    frames = 1 if media_type in ("image/gif", "image/webp", "image/png") else getattr(image, "n_frames", 1)
    allowed = min(frames, terms.limits.frames, terms.limits.pages)
    for number, frame in enumerate(_frames(image, allowed, limits=terms.limits), start=1):
        if pages and terms.is_late:
            allowed = len(pages)
            break
        recognition = read_picture(
            frame, number=number, dpi=_find_dpi(image), threads=terms.threads, engine=terms.engine
        )
        found.append(recognition)
        pages.append(recognition.page)
    if allowed < frames:
        message = f"Only {allowed} of {frames} pages were read: raise the limits or split the file."
        issues = (Issue(code="pages_not_read", message=message),)
    return Layout(media_type=media_type, pages=tuple(pages), issues=(*issues, *recognition_issues(found)))


def _open(data: bytes, *, media_type: str, limits: Limits) -> Image.Image:
    # Checked by hand just below, for every frame, and with our own limit.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(io.BytesIO(data), formats=[_FORMATS[media_type]])
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise _unreadable(error) from error
    _check_pixels(image, limits=limits)
    return image


def _frames(image: Image.Image, count: int, *, limits: Limits) -> Iterator[Image.Image]:
    try:
        for _, frame in zip(range(count), ImageSequence.Iterator(image), strict=False):
            _check_pixels(frame, limits=limits)
            yield _flatten(frame)
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError) as error:
        raise _unreadable(error) from error


def _flatten(frame: Image.Image) -> Image.Image:
    """Upright by the camera's note (EXIF), transparency on white, three channels."""
    upright = ImageOps.exif_transpose(frame)
    if upright.mode in ("I;16", "I;16B", "I", "F"):
        upright = ImageOps.autocontrast(upright.convert("F").convert("L"))
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        layer = upright.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return upright.convert("RGB")


def _check_pixels(image: Image.Image, *, limits: Limits) -> None:
    width, height = image.size
    if width * height > limits.pixels:
        message = f"The picture has {width:,} x {height:,} pixels, more than {limits.pixels:,}: scan it at 200-300 dpi."
        raise DocumentError(message, code="too_large")


def _find_dpi(image: Image.Image) -> float:
    """The resolution noted in the file where it is plausible for a scan, else 200."""
    with warnings.catch_warnings(action="ignore"):
        noted = image.info.get("dpi")
    try:
        dpi = float(noted[0]) if noted else 0.0
    except (TypeError, ValueError, ZeroDivisionError):
        dpi = 0.0
    return dpi if 90 <= dpi <= 1200 else _UNKNOWN_DPI


def _unreadable(error: Exception) -> DocumentError:
    message = f"The picture is damaged ({error}): scan or save it again."
    return DocumentError(message, code="unreadable")
