"""A page as a drawing (SVG): its words in their boxes, its tables, what was hidden, and its picture beside them."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from math import isfinite

from docrail.core.model import Box, Hidden, Page, Table, Word
from docrail.core.printable import printable

UNSURE = 0.8
"""An OCR score under which a word is drawn in another colour."""

_HIDDEN_SHOWN = 20
_HIDDEN_LENGTH = 200
_ROW = 14.0
_STYLE = (
    "text{font-family:Helvetica,Arial,sans-serif;white-space:pre}"
    ".paper{fill:#fff;stroke:#bbb}.words rect{fill:#2563eb18;stroke:#2563eb;stroke-width:.4}"
    ".words rect.unsure{fill:#d9770630;stroke:#d97706}.words text{fill:#111}"
    ".tables rect{fill:none;stroke:#16a34a;stroke-width:.5}.tables rect.table{stroke-width:1.2}"
    ".hidden rect{fill:#dc262640;stroke:#dc2626;stroke-width:.6}.hidden text{fill:#dc2626;font-size:9px}"
)


def page_to_svg(page: Page, *, png: bytes | None = None) -> str:
    """The page as one SVG file that loads and runs nothing; a unit is a point (1/72 inch).

    With `png`, the picture of the page, it stands on the left with the boxes over it and the words as read stand on
    the right. Blue: a word; orange: one that OCR is unsure of; green: tables; red: what nobody sees on the page.
    """
    notes = _notes(page)
    sides = 1 if png is None else 2
    width, height = page.width * sides, page.height + _ROW * len(notes)
    paper = f'<rect class="paper" width="{_n(page.width)}" height="{_n(page.height)}"/>'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}">',
        f"<title>page {page.number}, {_n(page.width)} x {_n(page.height)} points, {page.source.value}</title>",
        f"<style>{_STYLE}</style>",
        paper,
    ]
    if png is not None:
        parts += [_image(page, png), *_boxes(page), f'<g transform="translate({_n(page.width)} 0)">', paper]
    parts += [*_boxes(page), *_texts(page)]
    if png is not None:
        parts.append("</g>")
    return "\n".join([*parts, *_listed(notes, top=page.height), "</svg>", ""])


def _image(page: Page, png: bytes) -> str:
    data = b64encode(png).decode("ascii")
    size = f'width="{_n(page.width)}" height="{_n(page.height)}"'
    return f'<image {size} preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'


def _boxes(page: Page) -> Iterator[str]:
    yield '<g class="words">'
    for word in _words(page):
        kind = ' class="unsure"' if word.score < UNSURE else ""
        yield f"<rect{kind} {_place(word.box)}><title>{_describe(word)}</title></rect>"
    yield '</g><g class="tables">'
    for table in page.tables:
        yield from _table(table)
    yield '</g><g class="hidden">'
    for hidden in page.hidden:
        if hidden.box:
            yield f"<rect {_place(hidden.box)}><title>{_text(_sentence(hidden))}</title></rect>"
    yield "</g>"


def _texts(page: Page) -> Iterator[str]:
    yield '<g class="words">'
    for word in _words(page):
        yield _word_text(word.text, word.box)
    yield '</g><g class="hidden">'
    for hidden in page.hidden:
        if hidden.box:
            yield _word_text(hidden.text, hidden.box)
    yield "</g>"


def _word_text(text: str, box: Box) -> str:
    """The text stretched over its box: along the longer side where it runs up or down the page."""
    across, down = max(box.x1 - box.x0, 0.1), max(box.y1 - box.y0, 0.1)
    x, y, length, size, turn = box.x0, box.y1 - 0.22 * down, across, down, ""
    if len(text) > 2 and down > 2 * across:
        x, y, length, size = box.x1 - 0.22 * across, box.y1, down, across
        turn = f' transform="rotate(-90 {_n(x)} {_n(y)})"'
    size = min(0.85 * size, length / (0.55 * max(len(text), 1)))
    fit = f'textLength="{_n(length)}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{_n(x)}" y="{_n(y)}" {fit} style="font-size:{_n(size)}px"{turn}>{_text(text)}</text>'


def _table(table: Table) -> Iterator[str]:
    boxes = [cell.box for cell in table.cells if cell.box]
    yield from (f"<rect {_place(box)}/>" for box in boxes)
    around = table.box or (Box.around(boxes) if boxes else None)
    if around:
        yield f'<rect class="table" {_place(around)}/>'


def _notes(page: Page) -> Sequence[str]:
    """What was hidden, one line each, for under the page."""
    shown = [_sentence(hidden) for hidden in page.hidden[:_HIDDEN_SHOWN]]
    more = len(page.hidden) - len(shown)
    return [*shown, f"… and {more} more hidden"] if more else shown


def _listed(notes: Sequence[str], *, top: float) -> Iterator[str]:
    yield '<g class="hidden">'
    for index, note in enumerate(notes):
        yield f'<text x="4" y="{_n(top + _ROW * (index + 0.75))}">{_text(note)}</text>'
    yield "</g>"


def _sentence(hidden: Hidden) -> str:
    text = " ".join(hidden.text.split())
    cut = text if len(text) <= _HIDDEN_LENGTH else f"{text[:_HIDDEN_LENGTH]}…"
    return f"hidden ({hidden.reason}): {cut}"


def _describe(word: Word) -> str:
    score = f" · score {word.score:.2f}" if word.score < 1 else ""
    address = f" · {word.address}" if word.address else ""
    return _text(f"{word.text}{score}{address}")


def _words(page: Page) -> Iterator[Word]:
    return (word for line in page.lines for word in line.words)


def _place(box: Box) -> str:
    width, height = max(box.x1 - box.x0, 0.0), max(box.y1 - box.y0, 0.0)
    return f'x="{_n(box.x0)}" y="{_n(box.y0)}" width="{_n(width)}" height="{_n(height)}"'


def _text(text: str) -> str:
    return escape(printable(text))


def _n(value: float) -> str:
    """A coordinate: two digits are enough.

    >>> _n(595.0), _n(1.239)
    ('595', '1.24')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".") if isfinite(value) else "0"
