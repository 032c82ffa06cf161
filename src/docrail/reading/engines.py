"""Which OCR engines there are, and whether the one that is set can be used here. Imports none of them."""

import os
from collections.abc import Iterator
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from docrail.core.errors import InvalidInput, Problem

_PLACES = (
    "/usr/share/tesseract-ocr/*/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


class OcrEngine(StrEnum):
    """What reads pictures. `rapidocr` is always there, the others come with the extras of their names."""

    RAPIDOCR = "rapidocr"
    OPENVINO = "openvino"
    TESSERACT = "tesseract"


_MODULES = {OcrEngine.OPENVINO: "openvino", OcrEngine.TESSERACT: "tesserocr"}


def check_engine(name: str) -> OcrEngine:
    """The engine of that name. InvalidInput if there is none, or it or its data is not installed."""
    if name not in list(OcrEngine):
        raise _problem(f"no engine {name!r}; there are {', '.join(OcrEngine)}")
    engine = OcrEngine(name)
    module = _MODULES.get(engine)
    if module is not None and find_spec(module) is None:
        raise _problem(f"{engine} is not installed: pip install 'docrail[{engine}]'")
    if engine is OcrEngine.TESSERACT and find_tessdata() is None:
        raise _problem(
            "Tesseract's language files are not there: install tesseract-ocr or set TESSDATA_PREFIX"
        )
    return engine


def find_tessdata() -> Path | None:
    """The folder of Tesseract's language files: TESSDATA_PREFIX, else where systems keep it."""
    return next((place for place in _places() if any(place.glob("*.traineddata"))), None)


def _places() -> Iterator[Path]:
    prefix = os.environ.get("TESSDATA_PREFIX")
    if prefix:
        yield Path(prefix)
    for pattern in _PLACES:
        yield from Path("/").glob(pattern.lstrip("/"))


def _problem(message: str) -> InvalidInput:
    return InvalidInput("the settings cannot be used", (Problem(path="ocr_engine", message=message),))
