"""Small PDFs made on the spot: pages of raw content, or pictures of them."""

import io
from collections.abc import Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 400, 300


def write(text: str, *, x: float, y: float, size: float = 12, before: str = "") -> str:
    """Operators that set `text` with its baseline `y` points below the top; `before` is put inside the text object."""
    return f"BT {before} /F1 {size} Tf {x} {HEIGHT - y} Td ({text}) Tj ET\n"


def rule(x0: float, y0: float, x1: float, y1: float) -> str:
    """Operators that draw a line; y from the top."""
    return f"{x0} {HEIGHT - y0} m {x1} {HEIGHT - y1} l S\n"


def fill(x: float, y: float, width: float, height: float, *, color: str) -> str:
    """Operators that fill a rectangle whose top left corner is at x, y; `color` as three numbers."""
    return f"q {color} rg {x} {HEIGHT - y - height} {width} {height} re f Q\n"


def pdf(*contents: str, rotate: int = 0) -> bytes:
    """A PDF with a page for each content, in Helvetica as /F1."""
    made = pikepdf.new()
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    for content in contents:
        page = made.add_blank_page(page_size=(WIDTH, HEIGHT))
        page.Resources = Dictionary(Font=Dictionary(F1=font))
        page.Contents = made.make_stream(content.encode("latin-1"))
        if rotate:
            page.Rotate = rotate
    return _saved(made)


def picture(lines: Sequence[str], *, turned: int = 0) -> Image.Image:
    """White paper of 200 dpi with large print, turned by this many degrees anticlockwise."""
    image = Image.new("RGB", (1200, 900), "white")
    font = ImageFont.load_default(size=40)
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((60, 60 + 90 * number), line, fill="black", font=font)
    return image.rotate(turned, expand=True)


def with_scan(data: bytes, image: Image.Image) -> bytes:
    """The PDF with one more page: a picture of 200 dpi that fills it."""
    target = pikepdf.open(io.BytesIO(data))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=92)
    width, height = image.width * 72 / 200, image.height * 72 / 200
    page = target.add_blank_page(page_size=(width, height))
    drawn = target.make_stream(
        stream.getvalue(),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=image.width,
        Height=image.height,
        ColorSpace=Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=Name.DCTDecode,
    )
    page.Resources = Dictionary(XObject=Dictionary(Im0=drawn))
    page.Contents = target.make_stream(f"q {width} 0 0 {height} 0 0 cm /Im0 Do Q".encode())
    page.MediaBox = Array([0, 0, width, height])
    return _saved(target)


def _saved(made: pikepdf.Pdf) -> bytes:
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def beside_scan(
    content: str, image: Image.Image, *, at: tuple[float, float, float, float], under: str = ""
) -> bytes:
    """One page of WIDTH x HEIGHT with `content` over a picture in the box `at` (x0, y0, x1, y1 from the top left), and
    the content `under` it."""
    made = pikepdf.open(io.BytesIO(pdf(content)))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=92)
    page = made.pages[0]
    page.Resources.XObject = Dictionary(
        Im0=made.make_stream(
            stream.getvalue(),
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=image.width,
            Height=image.height,
            ColorSpace=Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=Name.DCTDecode,
        )
    )
    x0, y0, x1, y1 = at
    drawn = f"q {x1 - x0} 0 0 {y1 - y0} {x0} {HEIGHT - y1} cm /Im0 Do Q\n"
    page.Contents = made.make_stream((under + drawn + content).encode("latin-1"))
    return _saved(made)
