"""Pictures of pages: PNG, JPEG, TIFF with many pages, WebP, BMP and GIF, read by OCR."""

import io
import warnings
from collections.abc import Iterator

from PIL import Image, ImageOps, ImageSequence

from docrail.core.errors import DocumentError
from docrail.core.model import Issue, Layout, Page
from docrail.reading.limits import Limits, Terms, too_large
from docrail.reading.ocr import Recognition, read_picture, recognition_issues

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
    "image/webp": "WEBP",
}
_MOVING = ("image/gif", "image/webp", "image/png")
_UNKNOWN_DPI = 200.0


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a picture: a page a frame, sizes in points by the picture's own resolution."""
    image = open_picture(data, media_type=media_type, limits=terms.limits)
    pages: list[Page] = []
    found: list[Recognition] = []
    issues = _moving_issues(image, media_type=media_type)
    frames = count_pages(image, media_type=media_type)
    allowed = min(frames, terms.limits.frames, terms.limits.pages)
    for number, frame in enumerate(flat_frames(image, allowed, limits=terms.limits), start=1):
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
        issues = (*issues, Issue(code="pages_not_read", message=message))
    return Layout(media_type=media_type, pages=tuple(pages), issues=(*issues, *recognition_issues(found)))


def open_picture(data: bytes, *, media_type: str, limits: Limits) -> Image.Image:
    """The picture, not decoded yet. DocumentError if it is none or has too many pixels."""
    # Checked by hand just below, for every frame, and with our own limit.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(io.BytesIO(data), formats=[FORMATS[media_type]])
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise _unreadable(error) from error
    _check_pixels(image, limits=limits)
    return image


def count_pages(image: Image.Image, *, media_type: str) -> int:
    """How many pages the picture has; one that only moves has one."""
    return 1 if media_type in _MOVING else int(getattr(image, "n_frames", 1))


def _moving_issues(image: Image.Image, *, media_type: str) -> tuple[Issue, ...]:
    """Asked with `is_animated`, which looks for a second frame only: counting them all decodes them all."""
    try:
        moves = media_type in _MOVING and getattr(image, "is_animated", False)
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError) as error:
        raise _unreadable(error) from error
    message = "The picture moves: only its first frame was read. Give its frames as pictures of their own."
    return (Issue(code="pages_not_read", message=message),) if moves else ()


def flat_frames(image: Image.Image, count: int, *, limits: Limits) -> Iterator[Image.Image]:
    """Up to `count` frames, upright and RGB. DocumentError if one is damaged."""
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
        what = f"The picture has {width:,} x {height:,} pixels"
        raise too_large(what, limits=limits, name="pixels", advice="scan it at 200-300 dpi")


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
