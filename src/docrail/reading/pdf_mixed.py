"""PDF pages that are part scan, part text: pictures that show more than the text layer says go through OCR."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # has no stubs
import pypdfium2.raw as raw  # type: ignore[import-untyped]  # has no stubs
from msgspec import structs
from PIL import Image, ImageChops, ImageDraw
from rapidfuzz import fuzz

from docrail.core.model import Box, Hidden, Page, Source, Word
from docrail.reading.blocks import find_blocks
from docrail.reading.lines import Run, group_rows
from docrail.reading.ocr import Recognition
from docrail.reading.pdf_forms import TICKED, UNTICKED
from docrail.reading.pdf_place import place
from docrail.reading.pdf_tables import find_aligned

_POINTS = 72.0
_MOST_PICTURES = 300
_SMALLEST_PART = 0.03
_TOUCHING = 3.0
_INK = 60
_LEAST_INK = 0.004
_PADDING = 1.5
_OVERLAP = 0.3
_SUREST = 0.999
_LIKE = 60


def find_pictures(source: pdfium.PdfPage, page: Page) -> list[Box]:
    """Where pictures stand that are large enough to hold text; the strips of one scan are one picture."""
    boxes = []
    for item in islice(source.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,)), _MOST_PICTURES):
        try:
            box = _inside(place(item, page), page)
        except pdfium.PdfiumError:
            # What has no bounds is drawn nowhere.
            continue
        if box is not None:
            boxes.append(box)
    least = _SMALLEST_PART * page.width * page.height
    return [box for box in _join(boxes) if (box.x1 - box.x0) * (box.y1 - box.y0) >= least]


def shows_more(grey: Image.Image, box: Box, words: Sequence[Word], *, scale: float) -> bool:
    """Whether there is print in the box, beside the `words`: enough that differs from the ground.

    `grey` is the page at `scale` pixels a point.
    """
    rest = _without(grey, words, scale=scale).crop(_pixels(box, grey, scale=scale))
    if not rest.width or not rest.height:
        return False
    histogram = rest.histogram()
    ground = max(range(256), key=histogram.__getitem__)
    apart = ImageChops.difference(rest, Image.new("L", rest.size, ground)).histogram()
    return sum(apart[_INK:]) > _LEAST_INK * rest.width * rest.height


def cut_out(picture: Image.Image, box: Box, *, scale: float) -> Image.Image:
    """The part of the rendered page in the box."""
    return picture.crop(_pixels(box, picture, scale=scale))


def add_recognised(page: Page, found: Recognition, *, at: Box) -> Page:
    """`page` with the words recognised in the box `at`, put back to where they stand on the page.

    What the text layer says there stays if something like it was recognised, and is kept apart if not: a picture may
    have been laid over it.
    """
    back = (_turned_back(word, found) for line in found.page.lines for word in line.words)
    seen = [_moved(word, at) for word in back]
    doubted = [word for word in words_of(page) if _stands_in(word.box, at) and not _is_confirmed(word, seen)]
    page = _set_apart(page, doubted)
    known = tuple(words_of(page))
    return merged(page, [word for word in seen if not any(_covers(word.box, each.box) for each in known)])


def _stands_in(box: Box, outer: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return outer.x0 <= x <= outer.x1 and outer.y0 <= y <= outer.y1


def _is_confirmed(word: Word, seen: Sequence[Word]) -> bool:
    """Whether OCR saw something like the word where it stands; of ticks it sees nothing."""
    near = " ".join(each.text for each in seen if _covers(each.box, word.box))
    return word.text in (TICKED, UNTICKED) or fuzz.partial_ratio(word.text.lower(), near.lower()) >= _LIKE


def _set_apart(page: Page, doubted: Sequence[Word]) -> Page:
    if not doubted:
        return page
    text, box = " ".join(word.text for word in doubted), Box.around(word.box for word in doubted)
    lines = [tuple(word for word in line.words if word not in doubted) for line in page.lines]
    rows = group_rows(Run(words=(word,), box=word.box) for words in lines for word in words)
    return replace(
        page,
        lines=tuple(row.line for row in rows),
        blocks=find_blocks(rows),
        tables=find_aligned(rows),
        hidden=(*page.hidden, Hidden(text=text, reason="not what the page shows there", box=box)),
    )


def merged(page: Page, more: Sequence[Word]) -> Page:
    """`page` with more words, by OCR: each has a score below 1. Lines and blocks are found anew."""
    if not more:
        return page
    added = [structs.replace(word, score=min(word.score, _SUREST)) for word in more]
    known = [word for line in page.lines for word in line.words]
    rows = group_rows(Run(words=(word,), box=word.box) for word in (*known, *added))
    alone = group_rows(Run(words=(word,), box=word.box) for word in added)
    return replace(
        page,
        source=Source.MIXED if known else Source.OCR,
        lines=tuple(row.line for row in rows),
        blocks=find_blocks(rows),
        tables=(*page.tables, *find_aligned(alone)),
    )


def _without(picture: Image.Image, words: Sequence[Word], *, scale: float) -> Image.Image:
    clean = picture.copy()
    pen = ImageDraw.Draw(clean)
    for word in words:
        box = word.box
        sides = (box.x0 - _PADDING, box.y0 - _PADDING, box.x1 + _PADDING, box.y1 + _PADDING)
        pen.rectangle([side * scale for side in sides], fill="white")
    return clean


def _pixels(box: Box, picture: Image.Image, *, scale: float) -> tuple[int, int, int, int]:
    return (
        max(int(box.x0 * scale), 0),
        max(int(box.y0 * scale), 0),
        min(int(box.x1 * scale) + 1, picture.width),
        min(int(box.y1 * scale) + 1, picture.height),
    )


def _inside(box: Box, page: Page) -> Box | None:
    x0, y0 = max(box.x0, 0.0), max(box.y0, 0.0)
    x1, y1 = min(box.x1, page.width), min(box.y1, page.height)
    return Box(x0=x0, y0=y0, x1=x1, y1=y1) if x1 > x0 and y1 > y0 else None


def _join(boxes: Sequence[Box]) -> list[Box]:
    """Boxes that touch become one, until none does."""
    joined: list[Box] = []
    for box in sorted(boxes, key=lambda box: (box.y0, box.x0)):
        grown = box
        while (near := next((each for each in joined if _touch(each, grown)), None)) is not None:
            joined.remove(near)
            grown = Box.around((near, grown))
        joined.append(grown)
    return joined


def _touch(one: Box, other: Box) -> bool:
    return (
        one.x0 - _TOUCHING <= other.x1
        and other.x0 - _TOUCHING <= one.x1
        and one.y0 - _TOUCHING <= other.y1
        and other.y0 - _TOUCHING <= one.y1
    )


def _turned_back(word: Word, found: Recognition) -> Word:
    """The word where it stands before the picture was turned upright."""
    box, width, height = word.box, found.page.width, found.page.height
    if found.turned == 90:
        box = Box(x0=box.y0, y0=width - box.x1, x1=box.y1, y1=width - box.x0)
    elif found.turned == 180:
        box = Box(x0=width - box.x1, y0=height - box.y1, x1=width - box.x0, y1=height - box.y0)
    elif found.turned == 270:
        box = Box(x0=height - box.y1, y0=box.x0, x1=height - box.y0, y1=box.x1)
    return structs.replace(word, box=box)


def _moved(word: Word, at: Box) -> Word:
    box = word.box
    sides = (box.x0 + at.x0, box.y0 + at.y0, box.x1 + at.x0, box.y1 + at.y0)
    x0, y0, x1, y1 = (round(side, 2) for side in sides)
    return structs.replace(word, box=Box(x0=x0, y0=y0, x1=x1, y1=y1))


def _covers(one: Box, other: Box) -> bool:
    """Whether much of the smaller one lies in the other."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    if width <= 0 or height <= 0:
        return False
    areas = ((box.x1 - box.x0) * (box.y1 - box.y0) for box in (one, other))
    return width * height > _OVERLAP * min(areas)


def words_of(page: Page) -> Iterator[Word]:
    """Every visible word."""
    return (word for line in page.lines for word in line.words)
