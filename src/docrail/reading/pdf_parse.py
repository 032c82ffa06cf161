"""The text layer of a PDF by liteparse: words, colours and rules of every page, in one pass."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from liteparse import LiteParse

_COMMON = {
    "ocr_enabled": False,
    "quiet": True,
    "num_workers": 1,
    "image_mode": "off",
    "continue_on_page_error": True,
}


class NativeWord(Protocol):
    """A word; `x` and `y` are its top left corner."""

    text: str
    x: float
    y: float
    width: float
    height: float


class NativeItem(NativeWord, Protocol):
    """Words printed in one go. `rotation` in degrees, colours as ARGB in hex."""

    font_name: str | None
    font_size: float | None
    rotation: float
    fill_color: str | None
    words: Sequence[NativeWord]


class NativeLine(Protocol):
    """A straight stroke."""

    x1: float
    y1: float
    x2: float
    y2: float


class NativeBox(Protocol):
    """A corner and a size."""

    x: float
    y: float
    width: float
    height: float


class NativeShape(Protocol):
    """A drawn shape and the box around it."""

    bbox: NativeBox
    stroke: bool
    fill: bool
    fill_color: str | None
    has_curve: bool


class NativeGraphics(Protocol):
    """What is drawn on a page beside text and pictures."""

    shapes: Sequence[NativeShape]
    lines: Sequence[NativeLine]


class NativeComplexity(Protocol):
    """What there is to see on a page."""

    full_page_image: bool
    image_coverage: float
    uncovered_vector_area: float | None
    is_garbled: bool


class NativeField(Protocol):
    """One place of a form field on a page. `field_type` is `text`, `combobox`, `listbox`, `checkbox`, `radiobutton`, …;
    bit 13 of `field_flags` says that it is a password."""

    field_type: str
    field_flags: int
    value: str | None
    checked: bool | None
    rect: NativeBox | None


class NativeNote(Protocol):
    """An annotation; `subtype` is `freetext`, `text`, `highlight`, `widget`, …"""

    subtype: str
    contents: str | None
    rect: NativeBox | None


class NativePage(Protocol):
    """A page; `page_num` counts from 1, sizes are in points with the page's rotation applied. `content_bounds` hold all
    that is drawn, also beyond the page, where the parser drops text."""

    page_num: int
    width: float
    height: float
    text_items: Sequence[NativeItem]
    vector_graphics: NativeGraphics | None
    complexity: NativeComplexity | None
    content_bounds: NativeBox | None
    form_fields: Sequence[NativeField] | None
    annotations: Sequence[NativeNote] | None


class NativePageError(Protocol):
    """A page that could not be read."""

    page_num: int


class NativeResult(Protocol):
    """A parsed file. `pages` makes every page anew each time it is asked for; `num_pages` counts them for nothing."""

    pages: Sequence[NativePage]
    num_pages: int
    total_pages: int
    page_errors: Sequence[NativePageError]


def parse(data: bytes, *, pages: int) -> NativeResult:
    """The first `pages` pages. ValueError or RuntimeError when PDFium cannot open the file."""
    result: NativeResult = _parser(pages)._native.parse_bytes(data)
    return result


def measure(data: bytes, *, numbers: Sequence[int]) -> dict[int, NativeComplexity]:
    """What there is to see on the pages with these numbers, by number: it costs a quarter of a parse."""
    wanted = ",".join(map(str, numbers))
    parser = LiteParse(**_COMMON, max_pages=max(numbers), target_pages=wanted, include_complexity=True)
    result: NativeResult = parser._native.parse_bytes(data)
    return {page.page_num: page.complexity for page in result.pages if page.complexity is not None}


@lru_cache(maxsize=2)
def _parser(pages: int) -> LiteParse:
    """The parser. Its native result is read directly: the library's own classes copy some twenty attributes of
    every run of words, of which we need seven, and that takes a fifth of the whole time."""
    return LiteParse(
        **_COMMON,
        max_pages=pages,
        emit_word_boxes=True,
        extract_text_metadata=True,
        extract_vector_graphics=True,
        extract_content_bounds=True,
        extract_form_fields=True,
        extract_annotations=True,
        preserve_very_small_text=True,
    )
