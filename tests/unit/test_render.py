"""Pages as pictures: the right shape, the right way up, never too large, typed errors for what is broken."""

import io
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw

from docrail.core.errors import DocumentError
from docrail.reading.limits import Limits
from docrail.reading.render import fitting_scale, render_page

HOSTILE = Path(__file__).parents[1] / "data/robustness/documents"


def make_pdf(*, width, height, rotate=0, pages=1):
    """A PDF with a black square in the lower left corner of each page, as the file has it."""
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(width, height))
        pdf.pages[-1].Contents = pdf.make_stream(b"0 0 20 20 re f")
        pdf.pages[-1].Rotate = rotate
    target = io.BytesIO()
    pdf.save(target)
    return target.getvalue()


def make_picture(kind="PNG", *, size=(80, 40), mode="RGB", **more):
    """A white picture with a red square in its upper left corner."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((0, 0, 9, 9), fill="red")
    target = io.BytesIO()
    image.convert(mode).save(target, format=kind, **more)
    return target.getvalue()


def render(data, *, number=1, width=400, turned=0, limits=None):
    png = render_page(data, number=number, width=width, rotation=turned, limits=limits or Limits())
    image = Image.open(io.BytesIO(png), formats=["PNG"])
    image.load()
    return image


def inked_corner(image):
    """Where the ink is: `top left` and so on."""
    grey, (width, height) = image.convert("L"), image.size
    places = {"top left": (3, 3), "top right": (width - 4, 3)}
    places |= {"bottom left": (3, height - 4), "bottom right": (width - 4, height - 4)}
    return [name for name, place in places.items() if grey.getpixel(place) < 150]


@pytest.mark.parametrize(
    ("rotate", "turned", "size", "corner"),
    [
        (0, 0, (400, 200), "bottom left"),
        (90, 0, (400, 800), "top left"),
        (0, 90, (400, 800), "top left"),
        (0, 180, (400, 200), "top right"),
        (0, 270, (400, 800), "bottom right"),
        (90, 90, (400, 200), "top right"),
    ],
)
def test_a_page_has_the_width_asked_for_and_stands_as_it_was_read(rotate, turned, size, corner):
    image = render(make_pdf(width=200, height=100, rotate=rotate), turned=turned)
    assert image.size == size
    assert inked_corner(image) == [corner]


def test_a_page_without_colour_is_grey_and_one_with_colour_is_not():
    assert render(make_pdf(width=200, height=100)).mode == "L"
    assert render(make_picture()).getpixel((2, 2)) == (255, 0, 0)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_every_kind_of_picture_becomes_png_and_is_never_enlarged(kind):
    data = make_picture(kind, mode="P" if kind == "GIF" else "RGB")
    assert render(data, width=400).size == (80, 40)
    assert render(data, width=40).size == (40, 20)
    assert inked_corner(render(data, turned=90)) == ["top right"]


def test_a_page_of_many_is_the_one_asked_for():
    assert render(make_pdf(width=200, height=100, pages=3), number=3).size == (400, 200)
    wide = Image.new("RGB", (90, 30))
    tiff = make_picture("TIFF", save_all=True, append_images=[wide])
    assert [render(tiff, number=number).size for number in (1, 2)] == [(80, 40), (90, 30)]


@pytest.mark.parametrize("data", [make_pdf(width=200, height=100), make_picture(), make_picture("TIFF")])
@pytest.mark.parametrize("number", [0, -1, 2])
def test_a_page_that_is_not_there_is_an_error(data, number):
    with pytest.raises(DocumentError, match=f"There is no page {number}: the file has 1"):
        render(data, number=number)


@pytest.mark.parametrize("size", [(1e7, 1e7), (10, 1e7), (1e7, 10), (1e-9, 1e-9), (595, 842)])
def test_no_page_gets_larger_than_allowed(size):
    scale = fitting_scale(size, width=2400)
    assert size[0] * scale <= 2400.01
    assert max(size) * scale <= 6000.01
    assert size[0] * size[1] * scale * scale <= 12_000_001


def test_a_page_of_278_kilometres_is_rendered_small():
    image = render((HOSTILE / "huge_mediabox.pdf").read_bytes(), width=2400)
    assert image.width * image.height <= 12_100_000


def test_a_picture_with_too_many_pixels_is_refused():
    with pytest.raises(DocumentError) as caught:
        render(make_picture(), limits=Limits(pixels=100))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("name", ["truncated_no_xref.pdf", "openaction_javascript.pdf", "launch_action.pdf"])
def test_a_damaged_or_scripted_pdf_is_drawn_and_nothing_of_it_runs(name):
    assert render((HOSTILE / name).read_bytes()).width == 400


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7 and no more", "unreadable"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "unreadable"),
        (make_picture("JPEG")[:300], "unreadable"),
        ((HOSTILE / "encrypted_user_password.pdf").read_bytes(), "encrypted"),
        (b"plain text", "unsupported"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported"),
    ],
)
def test_what_cannot_be_drawn_is_a_typed_error(data, code):
    with pytest.raises(DocumentError) as caught:
        render(data)
    assert caught.value.code == code
