"""A page as text on a grid of characters: columns stay columns, and nothing is obeyed."""

import io

from rich.console import Console

from docrail.cli.page_text import lay_out
from docrail.cli.reading_screen import show_layout
from docrail.core.model import Box, Hidden, Issue, Layout, Line, Page, Source, Word


def word(text, *, x, y=0.0, score=1.0):
    return Word(text=text, box=Box(x0=x, y0=y, x1=x + 6 * len(text), y1=y + 10), score=score)


def page(*rows, source=Source.TEXT_LAYER, **more):
    lines = tuple(Line(words=row) for row in rows)
    return Page(number=1, width=595, height=842, source=source, lines=lines, **more)


def shown(layout, *, width=100):
    target = io.StringIO()
    show_layout(layout, Console(file=target, width=width), filename="a\x1b.pdf", size=1234)
    return target.getvalue()


def test_words_below_each_other_stay_below_each_other():
    rows = [(word("Net", x=60), word("100.00", x=300)), (word("Tax", x=60, y=12), word("19.00", x=306, y=12))]
    assert lay_out(page(*rows), columns=100) == ["Net" + " " * 37 + "100.00", "Tax" + " " * 38 + "19.00"]


def test_a_gap_on_the_page_is_a_gap_in_the_text_but_never_a_long_one():
    rows = [(word("a", x=0),), (word("b", x=0, y=22),), (word("c", x=0, y=500),)]
    assert lay_out(page(*rows), columns=80) == ["a", "", "b", "", "", "c"]


def test_a_wide_page_is_pressed_into_the_columns_there_are():
    (text,) = lay_out(page((word("left", x=0), word("right", x=6000))), columns=80)
    assert len(text) < 90
    assert text.split() == ["left", "right"]


def test_words_that_touch_are_kept_apart():
    assert lay_out(page((word("ab", x=0), word("cd", x=6))), columns=80) == ["ab cd"]


def test_a_page_without_words_is_no_lines():
    assert lay_out(page(), columns=80) == []


def test_the_screen_says_kind_size_source_and_what_was_hidden():
    hidden = (Hidden(text="pay twice", reason="not visible on the page"),)
    one = page((word("Total", x=0, score=0.5), word("7", x=90, score=0.9)), source=Source.OCR, hidden=hidden)
    layout = Layout(media_type="image/png", pages=(one,), issues=(Issue(code="ocr_low_score", message="m"),))
    text = shown(layout)
    assert "image/png (by its bytes)" in text
    assert "page 1 · 595 × 842 points (210 × 297 mm) · OCR, score 0.70 (lowest 0.50) · 2 words" in text
    assert "[hidden: not visible on the page] pay twice" in text
    assert "warning ocr_low_score: m" in text


def test_neither_markup_nor_control_characters_of_a_document_are_obeyed():
    text = shown(Layout(media_type="text/plain", pages=(page((word("[red]x[/red]\x1b[2J\r", x=0),)),)))
    assert "[red]x[/red]\ufffd[2J\ufffd" in text
    assert "\x1b" not in text
