"""Which OCR engine may be set, and what is said when it cannot be used."""

from pathlib import Path

import pytest

from docrail.core.errors import InvalidInput
from docrail.reading import engines
from docrail.reading.sandbox import Reader


def message(caught: pytest.ExceptionInfo[InvalidInput]) -> str:
    return caught.value.problems[0].message


def test_an_unknown_engine_is_refused_before_any_process_starts() -> None:
    with pytest.raises(InvalidInput) as caught:
        Reader(ocr_engine="eyes")
    assert message(caught) == "no engine 'eyes'; there are rapidocr, openvino, tesseract"


def test_an_extra_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(InvalidInput) as caught:
        engines.check_engine("openvino")
    assert message(caught) == "openvino is not installed: pip install 'docrail[openvino]'"


def test_missing_language_files_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: name)
    monkeypatch.setattr(engines, "_PLACES", ())
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(InvalidInput) as caught:
        engines.check_engine("tesseract")
    assert "TESSDATA_PREFIX" in message(caught)
    (tmp_path / "eng.traineddata").touch()
    assert engines.check_engine("tesseract") == "tesseract"
    assert engines.find_tessdata() == tmp_path
