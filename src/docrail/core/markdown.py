"""A layout as Markdown: pages apart by a rule, tables as tables, every other line a line."""

import re
from collections.abc import Iterator, Sequence

from docrail.core.model import Box, Layout, Line, Page, Table
from docrail.core.printable import printable

_PAGE_BREAK = "\n\n---\n\n"
_LINE_BREAK = "  \n"
_WIDE_GAP = 0.8
_INLINE = re.compile(r"[\\`*\[\]<>~|]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
_LEADING = re.compile(r"(#{1,6}(?=\s|$)|[-+=](?=\s|$)|[-=]{2,}\s*$|(?<=\d)[.)](?=\s|$))")
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")


def to_markdown(layout: Layout) -> str:
    """The visible text of `layout` as CommonMark with pipe tables. Nothing of a document can become markup: what
    would be is escaped. Hidden text is left out."""
    return _PAGE_BREAK.join("\n\n".join(_blocks(page)) for page in layout.pages) + "\n"


def escape(text: str) -> str:
    r"""`text` as Markdown that shows exactly it.

    >>> escape("*a* <b> 1_000 # x")
    '\\*a\\* \\<b\\> 1_000 # x'
    >>> escape("1. one")
    '1\\. one'
    """
    clean = _INLINE.sub(r"\\\g<0>", " ".join(printable(text).split()))
    numbered = _NUMBERED.match(clean)
    if numbered:
        return f"{numbered[1]}\\{clean[len(numbered[1]) :]}"
    return f"\\{clean}" if _LEADING.match(clean) else clean


def _blocks(page: Page) -> Iterator[str]:
    """Paragraphs and tables in reading order; tables of unknown place come last."""
    places = [(table, _place(table), _words(table)) for table in page.tables]
    left = list(page.tables)
    paragraph: list[Line] = []
    for line in page.lines:
        if not line.words:
            continue
        table = next((table for table, place, words in places if place and _holds(place, words, line)), None)
        if paragraph and (table is not None or _is_apart(paragraph[-1].box, line.box)):
            yield _paragraph(paragraph)
            paragraph = []
        if table is None:
            paragraph.append(line)
        elif table in left:
            left.remove(table)
            yield _pipe_table(table)
    if paragraph:
        yield _paragraph(paragraph)
    yield from (_pipe_table(table) for table in left if table.cells)


def _place(table: Table) -> Box | None:
    boxes = [cell.box for cell in table.cells if cell.box]
    return table.box or (Box.around(boxes) if boxes else None)


def _words(table: Table) -> frozenset[str]:
    return frozenset(word for cell in table.cells for word in cell.text.split())


def _holds(place: Box, words: frozenset[str], line: Line) -> bool:
    """Whether a line stands in a table and its cells say it: print that runs up its side is in none."""
    box = line.box
    is_inside = place.y0 <= (box.y0 + box.y1) / 2 <= place.y1
    is_inside = is_inside and box.x0 >= place.x0 - 1 and box.x1 <= place.x1 + 1
    return is_inside and words.issuperset(line.text.split())


def _is_apart(above: Box, below: Box) -> bool:
    """Whether a gap stands between two lines, or the reading goes on elsewhere."""
    height = min(above.y1 - above.y0, below.y1 - below.y0)
    return below.y0 - above.y1 > _WIDE_GAP * height or below.y1 < above.y0


def _paragraph(lines: Sequence[Line]) -> str:
    return _LINE_BREAK.join(escape(line.text) for line in lines)


def _pipe_table(table: Table) -> str:
    columns = max(cell.column for cell in table.cells) + 1
    rows: dict[int, list[str]] = {}
    for cell in table.cells:
        row = rows.setdefault(cell.row, [""] * columns)
        row[cell.column] = escape(cell.text)
    shown = [f"| {' | '.join(rows[index])} |" for index in sorted(rows)]
    return "\n".join([shown[0], f"|{' --- |' * columns}", *shown[1:]])
