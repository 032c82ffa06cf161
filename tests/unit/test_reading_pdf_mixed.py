"""Pages that are part scan, part text: which pictures need OCR, and how its words come back to the page."""

import io

import pikepdf
import pypdfium2 as pdfium
import pytest
from PIL import Image
from tests.pdf_files import HEIGHT, WIDTH, beside_scan, pdf, picture, write

from docrail.core.model import Box, Line, Page, Source, Word
from docrail.reading.ocr import Recognition
from docrail.reading.pdf_mixed import add_recognised, find_pictures, merged, shows_more

AT = Box(x0=100, y0=50, x1=300, y1=150)


def word(text: str, x0: float, y0: float, x1: float, y1: float, *, score: float = 1.0) -> Word:
    return Word(text=text, box=Box(x0=x0, y0=y0, x1=x1, y1=y1), score=score)


def page_of(*words: Word, width: float = WIDTH, height: float = HEIGHT) -> Page:
    lines = tuple(Line(words=(each,)) for each in words)
    return Page(number=1, width=width, height=height, source=Source.TEXT_LAYER, lines=lines)


def recognised(found: Word, *, turned: int) -> Recognition:
    width, height = (200, 100) if turned in (0, 180) else (100, 200)
    return Recognition(page=page_of(found, width=width, height=height), turned=turned, score=1)


@pytest.mark.parametrize(
    ("turned", "box"),
    [
        (0, (110, 60, 120, 65)),
        (90, (110, 130, 115, 140)),
        (180, (280, 135, 290, 140)),
        (270, (285, 60, 290, 70)),
    ],
)
def test_words_of_a_turned_picture_come_back_to_where_they_stand(
    turned: int, box: tuple[float, float, float, float]
) -> None:
    page = add_recognised(page_of(), recognised(word("a", 10, 10, 20, 15), turned=turned), at=AT)
    assert page.lines[0].words[0].box == Box(**dict(zip(("x0", "y0", "x1", "y1"), box, strict=True)))


def test_what_both_say_is_there_once_as_the_text_layer_says_it() -> None:
    page = page_of(word("Tota1", 110, 60, 140, 70), word("below", 110, 200, 140, 210))
    page = add_recognised(page, recognised(word("Total", 9, 10, 41, 20, score=0.9), turned=0), at=AT)
    assert [line.text for line in page.lines] == ["Tota1", "below"]
    assert (page.source, page.hidden) == (Source.TEXT_LAYER, ())


def test_what_ocr_does_not_see_in_the_picture_is_kept_apart() -> None:
    page = page_of(word("secret", 110, 60, 140, 70), word("below", 110, 200, 140, 210))
    page = add_recognised(page, recognised(word("Total", 9, 10, 41, 20, score=1.0), turned=0), at=AT)
    assert [(line.text, line.words[0].score) for line in page.lines] == [("Total", 0.999), ("below", 1.0)]
    assert [(hidden.text, hidden.box) for hidden in page.hidden] == [
        ("secret", Box(x0=110, y0=60, x1=140, y1=70))
    ]
    assert page.source == Source.MIXED


def test_a_page_of_ocr_alone_says_so() -> None:
    assert merged(page_of(), [word("a", 0, 0, 9, 9, score=0.8)]).source == Source.OCR


def opened(data: bytes) -> pdfium.PdfPage:
    return pdfium.PdfDocument(data)[0]


def test_the_strips_of_a_scan_are_one_picture_and_a_logo_is_none() -> None:
    image = Image.new("RGB", (600, 50), "white")
    stripes = "".join(f"q 300 0 0 25 50 {100 + 25 * n} cm /Im0 Do Q\n" for n in range(4))
    logo = "q 40 0 0 20 5 270 cm /Im0 Do Q\n"
    data = beside_scan(stripes + logo, image, at=(0, 0, 1, 1))
    assert find_pictures(opened(data), page_of()) == [Box(x0=50, y0=100, x1=350, y1=200)]


def test_a_picture_in_a_form_on_a_turned_page_stands_where_it_is_shown() -> None:
    made = pikepdf.open(io.BytesIO(beside_scan("", Image.new("RGB", (90, 60), "red"), at=(0, 0, 1, 1))))
    page = made.pages[0]
    form = made.make_stream(
        b"q 200 0 0 100 0 0 cm /Im0 Do Q",
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Form,
        BBox=[0, 0, 200, 100],
        Resources=page.Resources,
    )
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Fm0=form))
    page.Contents = made.make_stream(b"q 1 0 0 1 50 100 cm /Fm0 Do Q")
    page.Rotate = 90
    target = io.BytesIO()
    made.save(target)
    (box,) = find_pictures(opened(target.getvalue()), page_of(width=HEIGHT, height=WIDTH))
    assert [round(side) for side in (box.x0, box.y0, box.x1, box.y1)] == [100, 50, 200, 250]


@pytest.mark.parametrize(
    ("lines", "expected"), [((), False), (("Invoice number 4711 of the tenth",) * 8, True)]
)
def test_only_a_picture_with_print_beside_the_words_shows_more(
    lines: tuple[str, ...], expected: bool
) -> None:
    data = beside_scan("", picture(lines), at=(0, 0, WIDTH, HEIGHT))
    grey = opened(data).render(scale=1, grayscale=True).to_pil()
    everything = Box(x0=0, y0=0, x1=WIDTH, y1=HEIGHT)
    assert shows_more(grey, everything, (), scale=1) is expected
    assert not shows_more(grey, everything, [word("all", 0, 0, WIDTH, HEIGHT)], scale=1)


def test_print_on_the_page_itself_is_no_picture() -> None:
    assert find_pictures(opened(pdf(write("Total", x=20, y=40))), page_of()) == []
