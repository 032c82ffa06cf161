"""A PDF's text layer: words, lines, tables and blocks, and what nobody can see kept apart."""

import pytest
from tests.pdf_files import fill, pdf, rule, write

from docrail.core.model import Layout, Source
from docrail.reading.limits import Limits
from docrail.reading.read import read_bytes


def read(data: bytes) -> Layout:
    return read_bytes(data, filename="a.pdf", limits=Limits(), threads=1)


def codes(layout: Layout) -> list[str]:
    return [issue.code for issue in layout.issues]


LONG = "Please pay the total amount of this invoice to the account below within thirty days of its date"
SEEN = write(LONG, x=20, y=40, size=8)


def test_words_have_boxes_in_points_from_the_top_left() -> None:
    page = read(pdf(write("Total", x=20, y=100) + SEEN)).pages[0]
    word = next(word for line in page.lines for word in line.words if word.text == "Total")
    assert (page.width, page.height, page.source, page.rotation) == (400, 300, Source.TEXT_LAYER, 0)
    assert word.box.x0 == pytest.approx(20, abs=2)
    assert 85 < word.box.y0 < 95 < word.box.y1 < 106


def test_a_turned_page_is_read_as_it_is_shown() -> None:
    page = read(pdf(write("Total", x=20, y=100) + SEEN, rotate=90)).pages[0]
    assert (page.width, page.height) == (300, 400)
    words = {word.text: word.box for line in page.lines for word in line.words}
    assert 190 < words["Total"].x0 < words["Total"].x1 < 215
    assert words["Please"].y1 <= words["pay"].y0 <= words["thirty"].y0 <= words["date"].y0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (write("secret", x=20, y=100, before="3 Tr"), "not visible on the page"),
        (write("secret", x=20, y=100, before="1 1 1 rg"), "not visible on the page"),
        (fill(10, 80, 200, 40, color="0 0 0") + fill(10, 80, 200, 40, color="1 1 1")
         + write("secret", x=20, y=100, before="1 1 1 rg"), "not visible on the page"),
        (write("secret", x=20, y=100) + fill(10, 80, 200, 40, color="0 0 0"), "not visible on the page"),
        (fill(10, 80, 200, 40, color="0 0 0") + write("secret", x=20, y=100), "not visible on the page"),
        (write("secret", x=20, y=100) + fill(18, 88, 45, 16, color="1 1 1"), "not visible on the page"),
        (write("secret", x=20, y=100, size=0.5), "too small to read"),
    ],
)  # fmt: skip
def test_text_that_nobody_can_see_is_kept_apart_with_its_place(content: str, reason: str) -> None:
    layout = read(pdf(SEEN + content))
    page = layout.pages[0]
    assert layout.text == LONG
    assert [(hidden.text, hidden.reason) for hidden in page.hidden] == [("secret", reason)]
    assert page.hidden[0].box is not None
    assert "secret" not in "".join(block.text for block in page.blocks)
    assert codes(layout) == ["hidden_text"]


def test_white_print_on_a_dark_ground_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docrail.reading.pdf.import_module", lambda name: pytest.fail("rendered for nothing"))
    layout = read(
        pdf(SEEN + fill(10, 80, 200, 40, color="0 0 0.4") + write("Head", x=20, y=100, before="1 1 1 rg"))
    )
    assert "Head" in layout.text
    assert codes(layout) == []


def test_cells_between_rules_are_a_table() -> None:
    lines = [rule(20, y, 320, y) for y in (60, 80, 100)] + [rule(x, 60, x, 100) for x in (20, 220, 320)]
    cells = [("Item", 30, 74), ("Price", 230, 74), ("Blue chair", 30, 94), ("12.50", 230, 94)]
    content = SEEN + "".join(lines) + "".join(write(text, x=x, y=y) for text, x, y in cells)
    (table,) = read(pdf(content)).pages[0].tables
    assert [(cell.row, cell.column, cell.text) for cell in table.cells] == [
        (0, 0, "Item"),
        (0, 1, "Price"),
        (1, 0, "Blue chair"),
        (1, 1, "12.50"),
    ]
    assert table.box is not None
    assert (table.box.x0, table.box.y1) == (20, 100)


def test_a_table_says_its_header_and_a_row_without_walls_is_one_wide_cell() -> None:
    rows = [(30, "Item", "Price"), (60, "Pump", "12.00"), (90, "Free delivery", "")]
    texts = [write(left, x=25, y=y) + write(right, x=125, y=y) for y, left, right in rows]
    rules = [rule(20, y, 220, y) for y in (10, 40, 70, 100)]
    uprights = [rule(20, 10, 20, 100), rule(120, 10, 120, 70), rule(220, 10, 220, 100)]
    (table,) = read(pdf("".join([*texts, *rules, *uprights]))).pages[0].tables
    assert table.header_rows == 1
    assert [(cell.text, cell.row, cell.columns) for cell in table.cells] == [
        ("Item", 0, 1),
        ("Price", 0, 1),
        ("Pump", 1, 1),
        ("12.00", 1, 1),
        ("Free delivery", 2, 2),
    ]


def test_columns_are_read_one_after_the_other() -> None:
    left = [write(f"left words of line {n}", x=20, y=80 + 12 * n, size=10) for n in range(4)]
    right = [write(f"right words of line {n}", x=220, y=80 + 12 * n, size=10) for n in range(4)]
    page = read(pdf(SEEN + "".join(left + right))).pages[0]
    assert [block.text.split()[0] for block in page.blocks] == ["Please", "left", "right"]
    assert page.blocks[1].text.splitlines()[3] == "left words of line 3"
    assert page.lines[1].text == "left words of line 0 right words of line 0"


def test_the_language_is_told() -> None:
    assert read(pdf(SEEN)).language == "en"
    assert read(pdf(write("12.50", x=20, y=40))).language is None


def test_an_empty_page_costs_no_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docrail.reading.pdf.import_module", lambda name: pytest.fail("rendered for nothing"))
    assert len(read(pdf(SEEN, fill(10, 10, 5, 5, color="1 1 1"))).pages) == 2
