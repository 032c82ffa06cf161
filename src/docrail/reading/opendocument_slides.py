"""ODP: a slide a page, texts from top to bottom, tables as tables; notes and hidden slides are kept apart."""

import re

from lxml import etree

from docrail.core.model import Layout, Page, Source
from docrail.reading.grid import Grid
from docrail.reading.limits import Terms, cut_short
from docrail.reading.opendocument import (
    DRAW,
    OFFICE,
    SHOW,
    SVG,
    TABLE,
    TEXT,
    Book,
    all_text,
    open_book,
    visible,
)
from docrail.reading.opendocument_text import add_table

_SHAPES = (f"{DRAW}frame", f"{DRAW}custom-shape", f"{DRAW}rect", f"{DRAW}ellipse", f"{DRAW}caption")
_LENGTH = re.compile(r"(-?\d{1,9}(?:\.\d{1,9})?)(cm|mm|in|pt|px|pc)")
_POINTS = {"cm": 28.35, "mm": 2.835, "in": 72.0, "pt": 1.0, "px": 0.75, "pc": 12.0}


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of an OpenDocument presentation."""
    book = open_book(data, limits=terms.limits)
    book.paper = None
    slides = list(book.body("presentation").iterchildren(f"{DRAW}page"))
    pages = tuple(
        _read_slide(slide, number=number, book=book)
        for number, slide in enumerate(slides[: terms.limits.pages], start=1)
    )
    if len(slides) == len(pages):
        return Layout(media_type=media_type, pages=pages)
    message = f"Only the first {len(pages)} of {len(slides)} slides were read"
    issue = cut_short(message, limits=terms.limits, name="pages", code="pages_not_read")
    return Layout(media_type=media_type, pages=pages, issues=(issue,))


def _read_slide(slide: etree._Element, *, number: int, book: Book) -> Page:
    book.hidden = []
    grid = Grid()
    for notes in slide.iterchildren(f"{SHOW}notes"):
        book.hide(all_text(notes), reason="speaker notes")
    for comment in slide.iterchildren(f"{OFFICE}annotation"):
        book.hide(all_text(comment), reason="comment")
    shapes = sorted(_find_shapes(slide), key=lambda shape: (_place(shape, "y"), _place(shape, "x")))
    style = slide.get(f"{DRAW}style-name")
    if book.style_value("drawing-page", style, "drawing-page-properties", f"{SHOW}visibility") == "hidden":
        book.hide(" ".join(all_text(shape) for shape in shapes), reason="hidden slide")
        shapes = []
    for at, shape in enumerate(shapes, start=1):
        _add_shape(shape, f"/slide[{number}]/shape[{at}]", grid=grid, book=book)
    return grid.page(number=number, source=Source.MARKUP, hidden=book.hidden)


def _find_shapes(slide: etree._Element) -> list[etree._Element]:
    """Shapes of the slide itself, also in groups; not those of its notes nor those inside other shapes."""
    return [
        shape
        for shape in slide.iter(*_SHAPES)
        if next(shape.iterancestors(f"{SHOW}notes", *_SHAPES), None) is None
    ]


def _place(shape: etree._Element, axis: str) -> float:
    match = _LENGTH.fullmatch(shape.get(f"{SVG}{axis}", ""))
    return float(match[1]) * _POINTS[match[2]] if match else 0.0


def _add_shape(shape: etree._Element, address: str, *, grid: Grid, book: Book) -> None:
    if shape.get(f"{DRAW}visible", shape.get(f"{DRAW}display", "always")) in ("false", "none", "printer"):
        book.hide(all_text(shape), reason="hidden shape")
        return
    table = next(shape.iter(f"{TABLE}table"), None)
    if table is not None:
        add_table(table, address, grid=grid, book=book)
        return
    for at, paragraph in enumerate(shape.iter(f"{TEXT}p", f"{TEXT}h"), start=1):
        for line in visible(paragraph, book=book).split("\n"):
            if line.strip():
                grid.add_text(line, address=f"{address}/p[{at}]")
