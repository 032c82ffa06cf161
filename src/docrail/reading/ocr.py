"""OCR of one picture: which way up it is, then words with boxes and scores. Offline, whichever engine does it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Protocol, cast

from PIL import Image

from docrail.core.model import Box, Issue, Page, Severity, Source, Word
from docrail.reading.blocks import find_blocks
from docrail.reading.engines import OcrEngine
from docrail.reading.lines import Run, group_rows

_LOW_SCORE = 0.7
_THINNEST = 6
_MODULES = {
    OcrEngine.RAPIDOCR: "ocr_rapid",
    OcrEngine.OPENVINO: "ocr_rapid",
    OcrEngine.TESSERACT: "ocr_tesseract",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an engine makes of a picture: words with boxes in pixels of the picture turned upright, the clockwise
    degrees it was turned by, and its size then."""

    words: tuple[Word, ...]
    turned: int
    width: int
    height: int


class Engine(Protocol):
    """What reads pictures."""

    def see(self, image: Image.Image) -> Seen:
        """The words of an RGB picture, whichever way up it is."""
        ...


class _EngineModule(Protocol):
    """What every engine's file offers."""

    def load(self, engine: OcrEngine, *, threads: int) -> Engine: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """A page as recognised, the clockwise degrees it had to be turned by, and the mean score of its words."""

    page: Page
    turned: int
    score: float


def read_picture(
    image: Image.Image, *, number: int, dpi: float, threads: int, engine: OcrEngine = OcrEngine.RAPIDOCR
) -> Recognition:
    """Recognise one RGB picture; boxes are in points at `dpi`, on the page turned upright."""
    if min(image.size) < _THINNEST:
        # No letter fits in, and engines stumble over it.
        seen = Seen(words=(), turned=0, width=image.width, height=image.height)
    else:
        seen = _load(engine, threads).see(image)
    scale = 72.0 / dpi
    words = [_scaled(word, scale) for word in seen.words]
    rows = group_rows(Run(words=(word,), box=word.box) for word in words)
    page = Page(
        number=number,
        width=seen.width * scale,
        height=seen.height * scale,
        source=Source.OCR,
        lines=tuple(row.line for row in rows),
        blocks=find_blocks(rows),
        rotation=seen.turned,
    )
    score = sum(word.score for word in words) / len(words) if words else 1.0
    return Recognition(page=page, turned=seen.turned, score=score)


def recognition_issues(found: Sequence[Recognition]) -> tuple[Issue, ...]:
    """What a reader should know of pages read by OCR."""
    turned = [str(item.page.number) for item in found if item.turned]
    poor = [str(item.page.number) for item in found if item.score < _LOW_SCORE]
    issues = []
    if turned:
        message = f"Turned upright before reading: page {', '.join(turned)}."
        issues.append(Issue(code="page_turned", message=message, severity=Severity.INFO))
    if poor:
        message = f"Hard to make out (OCR score under {_LOW_SCORE}): page {', '.join(poor)}. A better scan would help."
        issues.append(Issue(code="ocr_low_score", message=message))
    return tuple(issues)


@lru_cache(maxsize=1)
def _load(engine: OcrEngine, threads: int) -> Engine:
    """The engine, loaded once a process."""
    module = cast(_EngineModule, import_module(f"docrail.reading.{_MODULES[engine]}"))
    return module.load(engine, threads=threads)


def _scaled(word: Word, scale: float) -> Word:
    box = word.box
    x0, y0, x1, y1 = (round(side * scale, 2) for side in (box.x0, box.y0, box.x1, box.y1))
    return Word(text=word.text, box=Box(x0=x0, y0=y0, x1=x1, y1=y1), score=word.score)
