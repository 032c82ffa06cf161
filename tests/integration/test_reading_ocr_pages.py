"""OCR of scans, turned scans, garbled pages and TIFFs of many pages, by every engine that is installed."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.pdf_files import beside_scan, pdf, picture, with_scan, write

from docrail.core.errors import InvalidInput
from docrail.core.model import Layout, Source
from docrail.reading.engines import OcrEngine, check_engine
from docrail.reading.sandbox import Reader

LINES = [
    "Invoice number 4711 of the tenth",
    "Blue chair made of wood 120.00",
    "Delivery to the front door 15.50",
    "Please pay the total amount now",
    "Total amount due EUR 135.50",
]
LONG = "Please pay the total amount of this invoice to the account below within thirty days of its date"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


def read(reader: Reader, folder: Path, data: bytes, name: str) -> Layout:
    path = folder / name
    path.write_bytes(data)
    return reader.read(path, filename=name)


def test_only_the_scanned_page_of_a_mixed_pdf_goes_through_ocr(reader: Reader, tmp_path: Path) -> None:
    layout = read(reader, tmp_path, with_scan(pdf(write(LONG, x=20, y=40, size=8)), picture(LINES)), "a.pdf")
    assert [page.source for page in layout.pages] == [Source.TEXT_LAYER, Source.OCR]
    scores = {word.text: word.score for line in layout.pages[1].lines for word in line.words}
    assert 0.5 < scores["135.50"] <= 1
    assert {word.score for line in layout.pages[0].lines for word in line.words} == {1.0}
    assert layout.pages[1].blocks


def test_a_page_that_is_half_scan_half_text_has_the_words_of_both(reader: Reader, tmp_path: Path) -> None:
    text = write(LONG, x=20, y=20, size=8) + write("Reference 99-1234", x=20, y=290, size=10)
    layout = read(reader, tmp_path, beside_scan(text, picture(LINES), at=(20, 40, 340, 280)), "a.pdf")
    page = layout.pages[0]
    words = {word.text: word for line in page.lines for word in line.words}
    assert page.source == Source.MIXED
    assert page.lines[0].text == LONG
    assert page.lines[-1].text == "Reference 99-1234"
    assert words["99-1234"].score == 1.0 > words["135.50"].score > 0.5
    assert 20 <= words["135.50"].box.x0 < words["135.50"].box.x1 <= 340
    assert 40 <= words["135.50"].box.y0 < words["135.50"].box.y1 <= 280
    assert "Please pay the total amount now" in [line.text for line in page.lines]


@pytest.mark.parametrize("header", [LONG, "Received 2026-11-25 by post"])
def test_a_text_layer_over_the_head_of_a_scan_does_not_hide_the_rest(
    reader: Reader, tmp_path: Path, header: str
) -> None:
    stamped = write(header, x=20, y=12, size=8)
    layout = read(reader, tmp_path, beside_scan(stamped, picture(LINES), at=(0, 0, 400, 300)), "a.pdf")
    texts = [line.text for line in layout.pages[0].lines]
    assert texts[0] == header
    assert [each for each in texts if "135.50" in each] == ["Total amount due EUR 135.50"]
    assert layout.pages[0].source == Source.MIXED


@pytest.mark.parametrize("seen", ["", LONG])
def test_text_that_a_picture_was_laid_over_is_kept_apart(reader: Reader, tmp_path: Path, seen: str) -> None:
    under = write("Total 9999.00", x=20, y=262, size=20)
    over = write(seen, x=20, y=12, size=8)
    data = beside_scan(over, picture(LINES), at=(0, 20, 400, 300), under=under)
    layout = read(reader, tmp_path, data, "a.pdf")
    assert "9999" not in layout.text
    assert "135.50" in layout.text
    assert seen in layout.text
    assert [hidden.text for hidden in layout.pages[0].hidden] == ["Total 9999.00"]


def test_a_scan_with_a_text_layer_of_its_own_is_not_read_again(reader: Reader, tmp_path: Path) -> None:
    known = "".join(write(line, x=20, y=36 + 30 * number, size=14.5) for number, line in enumerate(LINES))
    layout = read(reader, tmp_path, beside_scan(known, picture(LINES), at=(0, 0, 400, 300)), "a.pdf")
    assert layout.text == "\n".join(LINES)
    assert layout.pages[0].source == Source.TEXT_LAYER


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_turned_scan_is_read_upright_and_says_how_it_was_turned(
    reader: Reader, tmp_path: Path, turned: int
) -> None:
    layout = read(reader, tmp_path, with_scan(pdf(), picture(LINES, turned=turned)), "a.pdf")
    page = layout.pages[0]
    assert (page.rotation, page.width > page.height) == (turned, True)
    assert "135.50" in layout.text
    assert "page_turned" in [issue.code for issue in layout.issues]


def test_a_garbled_text_layer_gives_way_to_ocr(reader: Reader, tmp_path: Path) -> None:
    junk = "".join(
        write("bdfg hjklm npqrst vwxz crt plk mnb", x=2, y=20 + 8 * n, size=6, before="3 Tr")
        for n in range(12)
    )
    data = with_scan(pdf(), picture(LINES))
    layout = read(reader, tmp_path, _under(data, junk), "a.pdf")
    assert layout.pages[0].source == Source.OCR
    assert "135.50" in layout.text and "hjklm" not in layout.text
    assert "text_layer_garbled" in [issue.code for issue in layout.issues]


def test_every_page_of_a_tiff_is_read(reader: Reader, tmp_path: Path) -> None:
    pages = [picture([*LINES, f"Page {name}"]) for name in ("alpha", "beta")]
    target = io.BytesIO()
    pages[0].save(target, "TIFF", save_all=True, append_images=pages[1:], dpi=(200, 200))
    layout = read(reader, tmp_path, target.getvalue(), "a.tiff")
    assert ["alpha" in layout.text.split("\f")[0], "beta" in layout.text.split("\f")[1]] == [True, True]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_moving_picture_says_that_its_first_frame_was_read(
    reader: Reader, tmp_path: Path, kind: str
) -> None:
    first, second = Image.new("RGB", (60, 40), "white"), Image.new("RGB", (60, 40), "black")
    target = io.BytesIO()
    first.save(target, kind, save_all=True, append_images=[second])
    layout = read(reader, tmp_path, target.getvalue(), "a.gif")
    assert len(layout.pages) == 1
    assert "only its first frame was read" in layout.issues[0].message


@pytest.mark.parametrize("engine", [OcrEngine.OPENVINO, OcrEngine.TESSERACT])
@pytest.mark.parametrize("turned", [0, 180])
def test_the_engine_of_an_extra_reads_a_page(engine: OcrEngine, turned: int, tmp_path: Path) -> None:
    try:
        check_engine(engine)
    except InvalidInput as error:
        pytest.skip(error.problems[0].message)
    with Reader(ocr_engine=engine) as reader:
        layout = read(reader, tmp_path, with_scan(pdf(), picture(LINES, turned=turned)), "a.pdf")
    assert (layout.pages[0].rotation, "135.50" in layout.text) == (turned, True)


def _under(data: bytes, content: str) -> bytes:
    """The PDF with a text layer set under its first page."""
    import pikepdf
    from pikepdf import Dictionary, Name

    made = pikepdf.open(io.BytesIO(data))
    page = made.pages[0]
    page.Resources.Font = Dictionary(
        F1=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )
    page.contents_add(content.encode(), prepend=True)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()
