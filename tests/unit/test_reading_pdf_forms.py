"""Filled forms, ticks, notes and text beside the page: what a person sees becomes words, the rest is kept apart."""

import io
from typing import Any

import pikepdf
import pytest
from pikepdf import Dictionary, Name, String
from tests.pdf_files import pdf, write
from tests.pdf_forms import field, note, tick
from tests.pdf_forms import with_notes as with_notes_over

from docrail.core.model import Layout, Page
from docrail.reading.limits import Limits
from docrail.reading.read import read_bytes

PRINTED = write("Please pay the total amount of this invoice to the account below", x=20, y=40, size=8)
BOX, CROSS = "100 150 12 12 re S\n", "100 150 m 112 162 l S 100 162 m 112 150 l S\n"
VALUE = "BT /F1 10 Tf 0 g 2 4 Td (Ada Lovelace) Tj ET"


def read(data: bytes) -> Layout:
    return read_bytes(data, filename="a.pdf", limits=Limits(), threads=1)


def with_notes(*notes: Dictionary, content: str = PRINTED) -> bytes:
    return with_notes_over(*notes, content=content)


def lines(page: Page) -> list[str]:
    return [line.text for line in page.lines][1:]


@pytest.mark.parametrize("drawn", [None, VALUE])
def test_a_value_filled_into_a_form_is_words_by_its_box(drawn: str | None) -> None:
    page = read(with_notes(field(**({"AP": String(drawn)} if drawn else {})))).pages[0]
    assert lines(page) == ["Ada Lovelace"]
    first, last = page.lines[1].words
    assert 100 <= first.box.x0 < first.box.x1 < last.box.x0 < last.box.x1 <= 250
    assert 100 <= first.box.y0 < last.box.y1 <= 120
    assert page.hidden == ()


def test_lines_of_a_value_stand_one_below_another() -> None:
    assert lines(read(with_notes(field(value="12 Main St\rTown"))).pages[0]) == ["12 Main St", "Town"]


@pytest.mark.parametrize(("on", "mark"), [(True, "☒"), (False, "☐")])
def test_a_box_to_tick_shows_whether_it_is_ticked(on: bool, mark: str) -> None:
    page = read(with_notes(tick(on=on), content=PRINTED + "100 180 150 20 re S")).pages[0]
    assert lines(page) == [mark] or (on and [each.text for each in page.hidden] == [mark])


@pytest.mark.parametrize(
    "unseen",
    [
        {"F": 2},
        {"AP": String("BT /F1 10 Tf 1 g 2 4 Td (Ada Lovelace) Tj ET")},
        {"AP": String("BT 3 Tr /F1 10 Tf 2 4 Td (Ada Lovelace) Tj ET")},
        {"AP": String("BT /F1 10 Tf 2 4 Td ET")},
    ],
)
def test_a_value_that_nobody_sees_is_kept_apart(unseen: dict[str, Any]) -> None:
    made = field()
    for key, value in unseen.items():
        made["/" + key] = value
    layout = read(with_notes(made))
    assert "Lovelace" not in layout.text
    assert "Lovelace" in " ".join(hidden.text for hidden in layout.pages[0].hidden)


def test_a_password_is_nowhere() -> None:
    page = read(with_notes(field(Ff=1 << 13))).pages[0]
    assert (lines(page), page.hidden) == ([], ())


def test_a_value_that_is_printed_too_is_there_once() -> None:
    content = PRINTED + write("Ada Lovelace", x=102, y=115, size=10)
    assert lines(read(with_notes(field(), content=content)).pages[0]) == ["Ada Lovelace"]


def test_what_is_typed_over_the_page_is_words_and_comments_are_kept_apart() -> None:
    typed = note("FreeText", Contents=String("Paid by Bob"), DA=String("/F1 10 Tf 0 g"))
    comment = note("Text", y=200, Contents=String("Is this right?"))
    page = read(with_notes(typed, comment)).pages[0]
    assert lines(page) == ["Paid by Bob"]
    assert [(hidden.text, hidden.reason) for hidden in page.hidden] == [("Is this right?", "comment")]


@pytest.mark.parametrize(
    ("content", "mark"),
    [
        (BOX + CROSS, "☒"),
        (BOX + "102 156 m 105 152 l 110 160 l S", "☒"),
        (BOX + "0 g 103 153 6 6 re f", "☒"),
        (BOX, "☐"),
        (BOX + "101 151 10 10 re S", "☐"),
    ],
)
def test_a_drawn_box_shows_whether_anything_stands_in_it(content: str, mark: str) -> None:
    page = read(pdf(PRINTED + content + "\n" + write("Repair", x=120, y=148))).pages[0]
    assert lines(page) == [f"{mark} Repair"]


@pytest.mark.parametrize("content", [BOX + write("X", x=102, y=148), "100 150 60 12 re S", CROSS])
def test_what_is_no_box_or_holds_print_gets_no_mark(content: str) -> None:
    assert not set("☐☒") & set(read(pdf(PRINTED + content)).text)


@pytest.mark.parametrize("rotate", [0, 90])
def test_text_beside_the_page_is_kept_apart(rotate: int) -> None:
    beside = write("far right", x=900, y=60) + write("below", x=20, y=700) + write("left", x=-300, y=60)
    layout = read(pdf(PRINTED + beside, rotate=rotate))
    hidden = layout.pages[0].hidden
    assert sorted(each.text for each in hidden) == ["below", "far right", "left"]
    assert {each.reason for each in hidden} == {"outside the page"}
    assert not {"far", "left"} & set(layout.text.split())


@pytest.mark.parametrize(
    ("font", "code", "mark"),
    [
        ("Wingdings", "x", "☒"),
        ("ABCDEF+Wingdings-Regular", "o", "☐"),
        ("Wingdings2", "P", "✓"),
        ("ZapfDingbats", "4", "✔"),
    ],
)
def test_ticks_of_a_symbol_font_are_read_as_what_they_look_like(font: str, code: str, mark: str) -> None:
    content = PRINTED + f"BT /F2 12 Tf 20 150 Td ({code}) Tj ET\n" + write("Agreed", x=40, y=150)
    made = pikepdf.open(io.BytesIO(pdf(content)))
    made.pages[0].Resources.Font.F2 = Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/" + font)
    )
    target = io.BytesIO()
    made.save(target)
    assert lines(read(target.getvalue()).pages[0]) == [f"{mark} Agreed"]
