"""OCR by rapidocr, on onnxruntime or OpenVINO; the models lie in the wheel."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rapidocr
from PIL import Image
from rapidocr import EngineType, RapidOCR
from rapidocr.main import RapidOCRError

from docrail.core.model import Box, Word
from docrail.reading.engines import OcrEngine
from docrail.reading.ocr import Engine, Seen

Pixels = npt.NDArray[np.uint8]

_MODELS = Path(rapidocr.__file__).parent / "models"
_MIN_LINES = 4
_MAJORITY = 0.6


def load(engine: OcrEngine, *, threads: int) -> Engine:
    """The engine. Paths are given so that it never looks for a download."""
    kind = EngineType.OPENVINO if engine is OcrEngine.OPENVINO else EngineType.ONNXRUNTIME
    parts = {f"{part}.engine_type": kind for part in ("Det", "Cls", "Rec")}
    return _Rapid(
        RapidOCR(
            params={
                **parts,
                "Global.log_level": "critical",
                "Global.return_word_box": True,
                "Global.model_root_dir": str(_MODELS),
                "Det.model_path": str(_MODELS / "PP-OCRv6_det_small.onnx"),
                "Rec.model_path": str(_MODELS / "PP-OCRv6_rec_small.onnx"),
                "Cls.model_path": str(_MODELS / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.openvino.inference_num_threads": threads,
            }
        )
    )


@dataclass(frozen=True, slots=True)
class _Rapid:
    engine: RapidOCR

    def see(self, image: Image.Image) -> Seen:
        pixels = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
        lines = _find_lines(pixels, engine=self.engine)
        turned = lines.turn if lines else 0
        if turned:
            pixels = np.ascontiguousarray(np.rot90(pixels, k=-turned // 90))
            lines = _find_lines(pixels, engine=self.engine)
        words = _recognise(pixels, lines, engine=self.engine) if lines else []
        height, width = pixels.shape[:2]
        return Seen(words=tuple(words), turned=turned, width=width, height=height)


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


def _recognise(pixels: Pixels, lines: _Lines, *, engine: RapidOCR) -> list[Word]:
    read = engine.recognize_txt(lines.upright)
    result: Any = engine.build_final_output(
        pixels, lines.found, lines.labels, read, lines.crops, lines.record
    )
    words: list[Word] = []
    if not getattr(result, "txts", None):
        # No line could be made out; `word_results` then holds a placeholder.
        return words
    for index, parts in enumerate(getattr(result, "word_results", None) or ()):
        if parts and parts[0][0]:
            words.extend(_word(*part) for part in parts if part[0].strip())
        else:
            words.append(_word(result.txts[index], result.scores[index], result.boxes[index]))
    return words


def _word(text: str, score: float, corners: Sequence[Sequence[float]]) -> Word:
    across = [float(corner[0]) for corner in corners]
    down = [float(corner[1]) for corner in corners]
    box = Box(x0=min(across), y0=min(down), x1=max(across), y1=max(down))
    return Word(text=text.strip(), box=box, score=round(float(score), 4))
