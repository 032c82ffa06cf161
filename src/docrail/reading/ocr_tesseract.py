"""OCR by Tesseract inside this process (tesserocr), with the language files of the system."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import tesserocr  # type: ignore[import-not-found,import-untyped,unused-ignore]  # an extra
from PIL import Image

from docrail.core.errors import DocumentError
from docrail.core.model import Box, Word
from docrail.reading.engines import OcrEngine, find_tessdata
from docrail.reading.ocr import Engine, Seen

_SURE = 2.0
_FAIR = 0.6
_WANTED = ("eng", "deu", "fra", "spa", "ita", "nld", "por")
_TURNS = {0: 0, 90: 270, 180: 180, 270: 90}


def load(engine: OcrEngine, *, threads: int) -> Engine:
    """The engine with every language of ours that is installed. DocumentError if its files have gone. It has one
    thread, whatever `threads` says."""
    folder = find_tessdata()
    if folder is None:
        message = "Tesseract's language files are not there: install tesseract-ocr."
        raise DocumentError(message, code="unreadable")
    there = [code for code in _WANTED if (folder / f"{code}.traineddata").exists()]
    if not there:
        there = [path.stem for path in folder.glob("*.traineddata") if path.stem != "osd"][:1]
    api = tesserocr.PyTessBaseAPI(path=str(folder), lang="+".join(there), psm=tesserocr.PSM.AUTO)
    finds_turn = (folder / "osd.traineddata").exists()
    upright = (
        tesserocr.PyTessBaseAPI(path=str(folder), lang="osd", psm=tesserocr.PSM.OSD_ONLY)
        if finds_turn
        else None
    )
    return _Tesseract(api, upright)


@dataclass(frozen=True, slots=True)
class _Tesseract:
    api: Any
    upright: Any

    def see(self, image: Image.Image) -> Seen:
        turned, is_sure = self._find_turn(image)
        seen = self._read(image, turned=turned)
        if is_sure or not turned:
            return seen
        return max(seen, self._read(image, turned=0), key=_weigh)

    def _read(self, image: Image.Image, *, turned: int) -> Seen:
        if turned:
            image = image.rotate(-turned, expand=True)
        self.api.SetImage(image)
        self.api.Recognize()
        words = tuple(_words(self.api.GetIterator()))
        self.api.Clear()
        return Seen(words=words, turned=turned, width=image.width, height=image.height)

    def _find_turn(self, image: Image.Image) -> tuple[int, bool]:
        """Clockwise degrees, and whether Tesseract is sure; pages of few letters tell little."""
        if self.upright is None:
            return 0, True
        self.upright.SetImage(image)
        found = self.upright.DetectOrientationScript()
        self.upright.Clear()
        return (_TURNS[found["orient_deg"]], found["orient_conf"] >= _SURE) if found else (0, True)


def _weigh(seen: Seen) -> float:
    """How much was read, and how surely."""
    return sum(word.score * len(word.text) for word in seen.words if word.score > _FAIR)


def _words(iterator: Any) -> Iterator[Word]:
    level = tesserocr.RIL.WORD
    for found in tesserocr.iterate_level(iterator, level) if iterator else ():
        if found.Empty(level):
            continue
        text, box = found.GetUTF8Text(level).strip(), found.BoundingBox(level)
        if text and box:
            x0, y0, x1, y1 = map(float, box)
            score = round(found.Confidence(level) / 100, 4)
            yield Word(text=text, box=Box(x0=x0, y0=y0, x1=x1, y1=y1), score=score)
