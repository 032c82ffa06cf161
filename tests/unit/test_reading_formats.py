"""Each format of text becomes lines, words and addresses on the grid."""

import pytest

from docrail.core.errors import DocumentError
from docrail.core.model import Block, Box, Layout, Line, Page, Source, Word
from docrail.reading.decode import decode
from docrail.reading.invisible import part_invisible
from docrail.reading.limits import Limits
from docrail.reading.lines import group_lines
from docrail.reading.read import read_bytes


def read(data: bytes | str, *, filename: str = "a.txt", limits: Limits | None = None) -> Layout:
    raw = data.encode() if isinstance(data, str) else data
    return read_bytes(raw, filename=filename, limits=limits or Limits(), threads=1)


def codes(layout: Layout) -> list[str]:
    return [issue.code for issue in layout.issues]


def find(layout: Layout, text: str) -> Word:
    return next(w for page in layout.pages for line in page.lines for w in line.words if w.text == text)


def test_text_stands_on_a_grid_of_6_by_12_points() -> None:
    layout = read("Total:   12.50\n\nEnd")
    assert Box(x0=54, y0=0, x1=84, y1=12) == find(layout, "12.50").box
    assert Box(x0=0, y0=24, x1=18, y1=36) == find(layout, "End").box


def test_a_form_feed_starts_a_page() -> None:
    assert [page.number for page in read("one\ftwo").pages] == [1, 2]


def test_blank_text_is_a_layout_with_an_issue() -> None:
    assert codes(read("\n\n")) == ["no_words"]


def test_zero_bytes_are_refused() -> None:
    with pytest.raises(DocumentError) as caught:
        read(b"")
    assert caught.value.code == "empty"


def test_text_over_the_limit_is_cut_and_said_so() -> None:
    layout = read("abc def", limits=Limits(characters=3))
    assert (layout.text, codes(layout)) == ("abc", ["cut_short"])


def test_bytes_over_the_limit_are_refused() -> None:
    with pytest.raises(DocumentError) as caught:
        read("four", limits=Limits(bytes=3))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe", "utf-8"),
        ("Größe", "utf-8-sig"),
        ("Größe", "utf-16"),
        ("Größe 5", "utf-16-le"),
        ("Größe €", "cp1252"),
    ],
)
def test_an_encoding_is_found(text: str, encoding: str) -> None:
    assert text == decode(text.encode(encoding))[0]


def test_a_byte_that_no_encoding_knows_is_replaced_wherever_it_stands() -> None:
    data = "Größe ".encode("cp1252") * 20_000 + b"\x90 end"
    assert decode(data)[0].endswith("\ufffd end")


def test_csv_cells_keep_their_column_and_address() -> None:
    layout = read("name;amount\nA long name;1,50\n", filename="a.csv")
    assert find(layout, "amount").box.x0 == find(layout, "1,50").box.x0
    assert find(layout, "1,50").address == "R2C2"
    assert [cell.text for cell in layout.pages[0].tables[0].cells] == [
        "name",
        "amount",
        "A long name",
        "1,50",
    ]


def test_a_quote_that_never_closes_is_said() -> None:
    assert "unclosed_quote" in codes(read('a,b\n1,"2\n3,4\n', filename="a.csv"))


def test_html_rows_are_lines_and_blocks_are_lines() -> None:
    layout = read(
        "<html><h1>Invoice</h1><table><tr><td>Total<td>120.00</tr><tr><td>Due<td>May</tr></table><p>a<br>b</p></html>"
    )
    assert layout.text == "Invoice\nTotal 120.00\nDue May\na\nb"
    assert find(layout, "120.00").box.x0 == find(layout, "May").box.x0
    assert find(layout, "120.00").address == "/html/body/table[1]/tbody[1]/tr[1]/td[2]"


@pytest.mark.parametrize(
    "element",
    [
        "<p hidden>secret</p>",
        "<p style='display: none'>secret</p>",
        "<p style='font-size:0'>secret</p>",
        "<p style='color:#fff'>secret</p>",
        "<style>.x {visibility: hidden}</style><p class=x>secret</p>",
        "<table><tr><td>a<td style='display:none'>secret</table>",
    ],
)
def test_what_html_hides_is_kept_apart(element: str) -> None:
    layout = read(f"<html><body><p>seen</p>{element}</body></html>")
    assert "secret" not in layout.text
    assert [hidden.text for hidden in layout.pages[0].hidden] == ["secret"]


@pytest.mark.parametrize(
    "style", ["font-size:1.3em", "font-size:10px", "color:#fff;background:#000", "left:-1px"]
)
def test_what_html_shows_is_text(style: str) -> None:
    assert read(f"<html><p style='{style}'>seen</p></html>").text == "seen"


def test_a_script_is_no_text() -> None:
    assert read("<html><script>alert(1)</script><style>p{}</style><p>seen</p></html>").text == "seen"


def test_xml_has_paths_and_itself_as_twin() -> None:
    layout = read("<?xml version='1.0'?><a><b>one</b><b>two</b></a>", filename="a.xml")
    assert find(layout, "two").address == "/a/b[2]"
    assert [twin.name for twin in layout.embedded] == ["a.xml"]


def test_broken_xml_is_unreadable() -> None:
    with pytest.raises(DocumentError) as caught:
        read("<?xml version='1.0'?><a>")
    assert caught.value.code == "unreadable"


def test_json_leaves_have_pointers() -> None:
    layout = read('{"invoice": {"total": 12.5, "lines": [{"sku": "A"}]}}', filename="a.json")
    assert layout.text == "invoice:\ntotal: 12.5\nlines:\n0:\nsku: A"
    assert find(layout, "A").address == "/invoice/lines/0/sku"


def test_an_archive_says_what_to_do() -> None:
    with pytest.raises(DocumentError, match="unpack it") as caught:
        read(b"PK\x05\x06" + bytes(18), filename="a.zip")
    assert caught.value.code == "unsupported"


def test_words_on_one_baseline_are_one_line_left_to_right() -> None:
    words = [
        Word(text="value", box=Box(x0=300, y0=10.5, x1=340, y1=20)),
        Word(text="below", box=Box(x0=0, y0=24, x1=30, y1=34)),
        Word(text="label", box=Box(x0=0, y0=10, x1=30, y1=20)),
    ]
    assert [line.text for line in group_lines(words)] == ["label value", "below"]


def test_markdown_is_shown_without_its_signs_and_its_tables_are_tables() -> None:
    text = (
        "# Invoice #\n\n| a | b |\n|---|:-:|\n| 1 | **2\\|3** |\n\nSee [here](http://x)\n\n```\n# code\n```\n"
    )
    layout = read(text)
    assert layout.media_type == "text/markdown"
    assert layout.text == "Invoice\na b\n1 2|3\nSee here\n# code"
    table = layout.pages[0].tables[0]
    assert ([cell.text for cell in table.cells], table.header_rows) == (["a", "b", "1", "2|3"], 1)
    assert find(layout, "2|3").address == "line 5"


@pytest.mark.parametrize("comment", ["<!-- secret -->", "[//]: # (secret)", "<!-- secret"])
def test_comments_of_markdown_are_kept_apart(comment: str) -> None:
    layout = read(f"# Title\n\nseen\n\n{comment}\n")
    assert layout.text == "Title\nseen"
    assert [hidden.text for hidden in layout.pages[0].hidden] == ["secret"]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ('a,b\n"1, 2",3\n"x\ny",4\n', ["a", "b", "1, 2", "3", "x\ny", "4"]),
        ("sep=;\na;b\n1,5;2\n", ["a", "b", "1,5", "2"]),
        ("a\tb\n1\t2\n", ["a", "b", "1", "2"]),
        ("a;b\r1;2\r3;4\r", ["a", "b", "1", "2", "3", "4"]),
        ("a|b\n1|2\n", ["a", "b", "1", "2"]),
    ],
)
def test_the_dialect_of_a_table_is_found(text: str, cells: list[str]) -> None:
    table = read(text).pages[0].tables[0]
    assert [cell.text for cell in table.cells] == cells


def test_a_first_row_of_names_is_a_header() -> None:
    assert read("a;b\n1;2\n").pages[0].tables[0].header_rows == 1
    assert read("a;b\nc;d\n").pages[0].tables[0].header_rows == 0


def test_a_wide_row_is_cut_at_the_limit_and_said_so() -> None:
    layout = read(",".join(f"c{n}" for n in range(50)), limits=Limits(cells=10))
    assert len(layout.pages[0].tables[0].cells) == 10
    assert "raise max_cells" in layout.issues[0].message


def test_cells_of_html_cover_rows_and_columns_and_th_is_a_header() -> None:
    layout = read(
        "<html><table><tr><th rowspan=2>tall<th colspan=2>wide</tr><tr><th>b<th>c</tr>"
        "<tr><td>1<td>2<td>3</table></html>"
    )
    table = layout.pages[0].tables[0]
    assert [(c.text, c.row, c.column, c.rows, c.columns) for c in table.cells[:4]] == [
        ("tall", 0, 0, 2, 1),
        ("wide", 0, 1, 1, 2),
        ("b", 1, 1, 1, 1),
        ("c", 1, 2, 1, 1),
    ]
    assert table.header_rows == 2


@pytest.mark.parametrize(
    "element",
    [
        "<p aria-hidden=true>secret</p>",
        "<p style='opacity:.01'>secret</p>",
        "<p style='position:absolute;left:-50em'>secret</p>",
        "<p style='height:0;overflow:hidden'>secret</p>",
        "<p style='clip-path:inset(50%)'>secret</p>",
        "<p style='transform:scale(0)'>secret</p>",
        "<p style='color:rgb(255,255,254)'>secret</p>",
        "<p style='color:rgba(0,0,0,0)'>secret</p>",
        "<div style='background:#123456'><p style='color:#123457'>secret</p></div>",
        "<font color=white>secret</font>",
        "<dialog>secret</dialog>",
        "<style>p.x{display:none!important} p{display:block}</style><p class=x style='display:block'>secret</p>",
        "<style>#y{display:none} p{display:block}</style><p id=y>secret</p>",
        "<style>@media screen{.x{font-size:1px}}</style><p class=x>secret</p>",
        "<table><tr><td>a<td><span style='font-size:0'>secret</span></table>",
    ],
)
def test_more_that_html_hides_is_kept_apart(element: str) -> None:
    layout = read(f"<html><body><p class=z>seen</p>{element}</body></html>")
    assert "secret" not in layout.text
    assert [hidden.text for hidden in layout.pages[0].hidden] == ["secret"]


@pytest.mark.parametrize(
    "element",
    [
        "<div style='color:#fff'><p style='background:#000'>shown</p></div>",
        "<div style='font-size:0'><b style='font-size:12px'>shown</b></div>",
        "<table bgcolor=navy><tr><td style='color:white'>shown</table>",
        "<p style='background:url(x.png);color:#fff'>shown</p>",
        "<style>p{display:none} p.x{display:block}</style><p class=x>shown</p>",
        "<style>@media print{p{display:none}} p:hover{opacity:0}</style><p>shown</p>",
        "<p style='height:0'>shown</p>",
        "<details><summary>shown</summary></details>",
    ],
)
def test_what_html_shows_in_spite_of_its_style_is_text(element: str) -> None:
    layout = read(f"<html><body>{element}</body></html>")
    assert (layout.text, layout.pages[0].hidden) == ("shown", ())


def test_invisible_characters_leave_words_and_smuggled_text_is_kept_apart() -> None:
    tags = "".join(chr(0xE0000 + ord(char)) for char in "pay me")
    layout = read(f"NW-\u200b2601 to\u00adtal{tags} \u202e00.021 RUE\u202c")
    assert layout.text == "NW-2601 total EUR 120.00"
    assert [hidden.text for hidden in layout.pages[0].hidden] == ["pay me"]
    assert "invisible_characters" in codes(layout)


def test_what_nobody_sees_leaves_the_blocks_too() -> None:
    box = Box(x0=0, y0=0, x1=9, y1=9)
    line = Line(words=(Word(text="NW-\u200b2601", box=box),))
    blocks = (Block(text="NW-\u200b2601\n\u200b\nTotal \u00ad due", box=box), Block(text="\u200b", box=box))
    page = Page(number=1, width=9, height=9, source=Source.TEXT_LAYER, lines=(line,), blocks=blocks)
    cleaned = part_invisible(Layout(media_type="application/pdf", pages=(page,))).pages[0]
    assert (cleaned.lines[0].text, [block.text for block in cleaned.blocks]) == (
        "NW-2601",
        ["NW-2601\nTotal due"],
    )


def test_every_kind_of_file_says_its_language() -> None:
    text = "Bitte zahlen Sie den Betrag bis zum 3. Mai auf das Konto"
    assert (read(text).language, read(f"<p>{text}</p>").language, read("1;2\n3;4\n").language) == (
        "de",
        "de",
        None,
    )


def test_joiners_between_letters_that_need_them_stay() -> None:
    assert read("می‌خواهم").text == "می‌خواهم"


@pytest.mark.parametrize(
    "mail",
    [
        b"From: a@b.c\nSubject: =?utf-8\0?q?Total?=\n\nbody",
        b"From: a@b.c\nSubject: Total\nContent-Type: text/plain; charset=a\0\n\nbody \xff",
    ],
)
def test_a_charset_with_a_nul_in_it_is_like_one_that_is_not_known(mail: bytes) -> None:
    text = read_bytes(mail, filename="a", limits=Limits(), threads=1).text
    assert "Total" in text
    assert "body" in text


def test_control_characters_leave_the_words() -> None:
    data = b"From: a@b.c\nContent-Transfer-Encoding: base64\n\nVG90YWwANQE="
    layout = read_bytes(data, filename="a", limits=Limits(), threads=1)
    assert layout.text.splitlines()[-1] == "Total5"
    assert "invisible_characters" in [issue.code for issue in layout.issues]


def test_a_page_nested_beyond_reason_is_refused_at_once() -> None:
    with pytest.raises(DocumentError) as caught:
        read_bytes(b"<html>" + b"<div>" * 100_000, filename="a", limits=Limits(), threads=1)
    assert caught.value.code == "too_large"
    wide = b"<html>" + b"<p><b>x</b><br>" * 40_000
    assert len(read_bytes(wide, filename="a", limits=Limits(), threads=1).pages[0].lines) == 40_000
