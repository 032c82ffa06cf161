"""Each format of text becomes lines, words and addresses on the grid."""

import pytest

from docrail.core.errors import DocumentError
from docrail.core.model import Box, Layout, Word
from docrail.reading.decode import decode
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
