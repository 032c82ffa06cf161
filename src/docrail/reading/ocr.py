"""OCR of one picture: which way up it is, then words with boxes and scores. Offline; the models lie in the wheel."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rapidocr
from PIL import Image
from rapidocr import RapidOCR
from rapidocr.main import RapidOCRError

from docrail.core.model import Box, Issue, Page, Severity, Source, Word
from docrail.reading.lines import group_lines

Pixels = npt.NDArray[np.uint8]

_MODELS = Path(rapidocr.__file__).parent / "models"
_LOW_SCORE = 0.7
_MIN_LINES = 4
_MAJORITY = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """A page as recognised, the clockwise degrees it had to be turned by, and the mean score of its words."""

    page: Page
    turned: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """What the engine found before it read anything; its types are its own."""

    crops: Any
    upright: Any
    found: Any
    labels: Any
    record: Any

    @property
    def turn(self) -> int:
        sizes = np.array([box.max(axis=0) - box.min(axis=0) for box in self.found.boxes], dtype=np.float64)
        sure = [float(score) * (1 if label == "180" else -1) for label, score in self.labels.cls_res]
        return find_turn(sizes, np.array(sure))


def read_picture(image: Image.Image, *, number: int, dpi: float, threads: int) -> Recognition:
    """Recognise one RGB picture; boxes are in points at `dpi`, on the page turned upright."""
    pixels = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
    engine = _engine(threads)
    lines = _find_lines(pixels, engine=engine)
    turned = lines.turn if lines else 0
    if turned:
        pixels = np.ascontiguousarray(np.rot90(pixels, k=-turned // 90))
        lines = _find_lines(pixels, engine=engine)
    words = _recognise(pixels, lines, engine=engine, scale=72.0 / dpi) if lines else []
    height, width = pixels.shape[:2]
    page = Page(
        number=number,
        width=width * 72.0 / dpi,
        height=height * 72.0 / dpi,
        source=Source.OCR,
        lines=group_lines(words),
        turned=turned,
    )
    score = sum(word.score for word in words) / len(words) if words else 1.0
    return Recognition(page=page, turned=turned, score=score)


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


def _find_lines(pixels: Pixels, *, engine: RapidOCR) -> _Lines | None:
    """Where lines of text stand, each classified as upright or upside down."""
    prepared, record = engine.preprocess_img(pixels)
    try:
        crops, found = engine.detect_and_crop(prepared, record)
        upright, labels = engine.cls_and_rotate(list(crops))
    except RapidOCRError:
        return None
    return _Lines(crops=crops, upright=upright, found=found, labels=labels, record=record)


def find_turn(sizes: npt.NDArray[np.float64], upside: npt.NDArray[np.float64]) -> int:
    """The clockwise degrees (0, 90, 180, 270) that bring a page upright.

    `sizes` are (width, height) of its lines, `upside` how sure the classifier is (0..1, negative for upright) that
    each stands on its head. Lines taller than wide tell a quarter turn. The engine turns those anticlockwise before
    it classifies them. Votes are weighted by length and need a clear majority.
    """
    long = sizes.max(axis=1) > 1.5 * sizes.min(axis=1)
    if long.sum() < _MIN_LINES:
        return 0
    lengths = sizes.max(axis=1) * long
    sideways = lengths[sizes[:, 1] > sizes[:, 0]].sum() > _MAJORITY * lengths.sum()
    votes = lengths * upside
    over = votes[votes > 0].sum() > _MAJORITY * np.abs(votes).sum()
    if sideways:
        return 90 if over else 270
    return 180 if over else 0


def _recognise(pixels: Pixels, lines: _Lines, *, engine: RapidOCR, scale: float) -> list[Word]:
    read = engine.recognize_txt(lines.upright)
    result: Any = engine.build_final_output(
        pixels, lines.found, lines.labels, read, lines.crops, lines.record
    )
    words: list[Word] = []
    if not getattr(
        result, "txts", None
    ):  # no line could be made out; `word_results` then holds a placeholder
        return words
    for index, parts in enumerate(getattr(result, "word_results", None) or ()):
        if parts and parts[0][0]:
            words.extend(_word(*part, scale=scale) for part in parts if part[0].strip())
        else:
            words.append(_word(result.txts[index], result.scores[index], result.boxes[index], scale=scale))
    return words


def _word(text: str, score: float, corners: Sequence[Sequence[float]], *, scale: float) -> Word:
    across = [float(corner[0]) * scale for corner in corners]
    down = [float(corner[1]) * scale for corner in corners]
    box = Box(
        x0=round(min(across), 2), y0=round(min(down), 2), x1=round(max(across), 2), y1=round(max(down), 2)
    )
    return Word(text=text.strip(), box=box, score=round(float(score), 4))


@lru_cache(maxsize=1)
def _engine(threads: int) -> RapidOCR:
    """The engine, loaded once a process. Paths are given so that it never looks for a download."""
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.return_word_box": True,
            "Global.model_root_dir": str(_MODELS),
            "Det.model_path": str(_MODELS / "PP-OCRv6_det_small.onnx"),
            "Rec.model_path": str(_MODELS / "PP-OCRv6_rec_small.onnx"),
            "Cls.model_path": str(_MODELS / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
