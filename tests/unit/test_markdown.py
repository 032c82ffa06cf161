"""A layout as Markdown: lines stay lines, tables become tables, and nothing of a document becomes markup."""

import pytest

from docrail.core.markdown import escape, to_markdown
from docrail.core.model import Box, Hidden, Layout, Line, Page, Source, Table, TableCell, Word


def line(text, *, y, x=0.0):
    words, at = [], x
    for part in text.split():
        words.append(Word(text=part, box=Box(x0=at, y0=y, x1=at + 6 * len(part), y1=y + 10)))
        at += 6 * len(part) + 6
    return Line(words=tuple(words))


def page(*lines, number=1, tables=(), hidden=()):
    return Page(
        number=number,
        width=300,
        height=400,
        source=Source.PLAIN,
        lines=tuple(lines),
        tables=tables,
        hidden=hidden,
    )


def table(rows, *, y):
    cells = [
        TableCell(
            row=r, column=c, text=text, box=Box(x0=60 * c, y0=y + 12 * r, x1=60 * c + 50, y1=y + 12 * r + 10)
        )
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    ]
    return Table(cells=tuple(cells))


def markdown(*pages):
    return to_markdown(Layout(media_type="text/plain", pages=pages))


def test_lines_close_together_are_one_paragraph_a_line_a_line():
    shown = markdown(page(line("Bill to", y=0), line("Ada Ltd", y=12), line("Total 7", y=60)))
    assert shown == "Bill to  \nAda Ltd\n\nTotal 7\n"


def test_pages_are_apart_by_a_rule():
    assert markdown(page(line("one", y=0)), page(line("two", y=0), number=2)) == "one\n\n---\n\ntwo\n"


def test_a_table_stands_where_its_lines_stood_and_its_text_stands_once():
    rows = [("item", "price"), ("Pump", "7")]
    lines = [line("Before", y=0), line("item", y=20), line("Pump", y=32), line("After", y=44)]
    shown = markdown(page(*lines, tables=(table(rows, y=20),)))
    assert shown == "Before\n\n| item | price |\n| --- | --- |\n| Pump | 7 |\n\nAfter\n"


def test_a_line_inside_a_table_that_no_cell_says_stands_beside_it():
    rows = [("item", "price"), ("Pump", "7")]
    lines = [line("item", y=20), line("paid", y=26), line("Pump", y=32)]
    shown = markdown(page(*lines, tables=(table(rows, y=20),)))
    assert shown == "| item | price |\n| --- | --- |\n| Pump | 7 |\n\npaid\n"


def test_a_table_whose_place_is_unknown_comes_last():
    cells = (TableCell(row=0, column=0, text="a"), TableCell(row=0, column=1, text="b"))
    assert markdown(page(line("x", y=0), tables=(Table(cells=cells),))) == "x\n\n| a | b |\n| --- | --- |\n"


def test_a_cell_that_is_missing_is_empty():
    cells = (TableCell(row=0, column=1, text="b"), TableCell(row=1, column=0, text="c"))
    assert markdown(page(tables=(Table(cells=cells),))) == "|  | b |\n| --- | --- |\n| c |  |\n"


def test_two_equal_tables_are_both_shown():
    one, two = table([("a", "b")], y=0), table([("a", "b")], y=40)
    shown = markdown(page(line("a b", y=0), line("a b", y=40), tables=(one, two)))
    assert shown.count("| a | b |") == 2


def test_hidden_text_is_left_out():
    assert "HACKED" not in markdown(page(line("x", y=0), hidden=(Hidden(text="HACKED", reason="white"),)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
        ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
        ("![x](http://a/b.png)", r"!\[x\](http://a/b.png)"),
        ("# no heading", r"\# no heading"),
        ("- no item", r"\- no item"),
        ("12) no item", r"12\) no item"),
        ("===", r"\==="),
        ("---", r"\---"),
        ("| a | b |", r"\| a \| b \|"),
        ("```sh", r"\`\`\`sh"),
        ("a\\", "a\\\\"),
        ("&lt;b&gt;", r"\&lt;b\&gt;"),
        ("_all_ of snake_case", r"\_all\_ of snake_case"),
        ("-5.00 EUR", "-5.00 EUR"),
        ("1.5 kg", "1.5 kg"),
        ("R&D #7", "R&D #7"),
        ("a\x1b[2Jb\u202ec", "a\ufffd\\[2Jb\ufffdc"),
    ],
)
def test_what_would_be_markup_is_escaped_and_plain_text_is_not(text, shown):
    assert escape(text) == shown


def test_a_layout_without_pages_is_an_empty_text():
    assert markdown() == "\n"
