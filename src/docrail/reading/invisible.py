"""Characters that nobody sees: zero-width ones leave the words, text smuggled in tag characters is kept apart."""

import re
from collections.abc import Iterator
from dataclasses import replace

from msgspec import structs

from docrail.core.model import Block, Hidden, Issue, Layout, Line, Page, Table, Word

# Control characters, zero-width spaces and joiners, soft hyphens, direction marks and overrides, fillers, annotations.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\U0001d173-\U0001d17a]"
    # Joiners shape Persian, Hindi and emoji; beside ASCII they only hide.
    "|(?<=[\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?=[\x00-\x7f])"
)
_TAGS = re.compile("[\U000e0001-\U000e007f]+|[\U000e0100-\U000e01ef]{3,}")
_OVERRIDE = re.compile("\u202e([^\u202c\u202e\n]*)\u202c?")
_FLAG = "\U0001f3f4"


def part_invisible(layout: Layout) -> Layout:
    """`layout` with visible characters only in words and tables; smuggled text becomes hidden text."""
    if not any(_has_invisible(page) for page in layout.pages):
        return layout
    pages = tuple(_clean_page(page) if _has_invisible(page) else page for page in layout.pages)
    message = "Characters that nobody can see were taken out of the words."
    return replace(
        layout, pages=pages, issues=(*layout.issues, Issue(code="invisible_characters", message=message))
    )


def show(text: str) -> str:
    """`text` as a person sees it: overridden parts in the order shown, without invisible characters.

    >>> show("Total: \\u202e00.021\\u202c"), show("NW-\\u200b2601")
    ('Total: 120.00', 'NW-2601')
    """
    turned = _OVERRIDE.sub(lambda match: match[1][::-1], text) if "\u202e" in text else text
    return _INVISIBLE.sub("", turned)


def _has_invisible(page: Page) -> bool:
    # Almost every line is plain ASCII, and that is told ten times as fast.
    return any(
        not ((text := line.text).isascii() and text.isprintable()) and _INVISIBLE.search(text)
        for line in page.lines
    )


def _clean_page(page: Page) -> Page:
    lines = tuple(line for line in map(_clean_line, page.lines) if line.words)
    tables = tuple(_clean_table(table) for table in page.tables)
    smuggled = [
        Hidden(text=text, reason="invisible characters")
        for line in page.lines
        for text in _decode_tags(line.text)
    ]
    blocks = tuple(block for block in map(_clean_block, page.blocks) if block.text)
    return replace(page, lines=lines, tables=tables, blocks=blocks, hidden=(*page.hidden, *smuggled))


def _clean_line(line: Line) -> Line:
    text = line.text
    if not _INVISIBLE.search(text):
        return line
    shown = show(text).split(" ")
    if "\u202e" in text and len(shown) == len(line.words):
        # An override may turn several words: the first shown is then not the first written.
        return Line(words=tuple(map(_with_text, line.words, shown)))
    return Line(words=tuple(word for word in map(_clean_word, line.words) if word.text.strip()))


def _clean_word(word: Word) -> Word:
    return _with_text(word, show(word.text)) if _INVISIBLE.search(word.text) else word


def _with_text(word: Word, text: str) -> Word:
    return Word(text=text, box=word.box, score=word.score, address=word.address)


def _clean_table(table: Table) -> Table:
    cells = tuple(
        structs.replace(cell, text=show(cell.text)) if _INVISIBLE.search(cell.text) else cell
        for cell in table.cells
    )
    return replace(table, cells=cells)


def _clean_block(block: Block) -> Block:
    shown = (" ".join(show(line).split()) for line in block.text.split("\n"))
    return Block(text="\n".join(line for line in shown if line), box=block.box)


def _decode_tags(text: str) -> Iterator[str]:
    """What runs of tag characters or of variation selectors spell; the tags of a flag emoji spell a region."""
    for match in _TAGS.finditer(text):
        if text.endswith(_FLAG, 0, match.start()):
            continue
        codes = [ord(char) for char in match[0]]
        spelt = "".join(_spell(code) for code in codes).strip()
        if spelt:
            yield spelt


def _spell(code: int) -> str:
    plain = code - 0xE0000 if code < 0xE0100 else code - 0xE0100 + 16
    return chr(plain) if 32 <= plain < 127 else " "
