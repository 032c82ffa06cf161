"""Layouts of a few lines, made without a file."""

from docrail.core.model import Box, Layout, Line, Page, Source, Word


def layout_of(*lines: str) -> Layout:
    """Lines on a grid; words that are two blanks apart stand far apart."""
    rows = []
    for at, line in enumerate(lines):
        words, left = [], 40.0
        for piece in line.split("  "):
            for text in piece.split():
                box = Box(x0=left, y0=20.0 * at, x1=left + 5 * len(text), y1=20.0 * at + 10)
                words.append(Word(text=text, box=box))
                left += 5 * len(text) + 3
            left += 60
        rows.append(Line(words=tuple(words)))
    page = Page(number=1, width=612, height=792, source=Source.TEXT_LAYER, lines=tuple(rows))
    return Layout(media_type="application/pdf", pages=(page,))
