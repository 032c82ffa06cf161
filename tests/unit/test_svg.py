"""A page as a drawing: well-formed whatever the document says, boxes where they are, hidden text in its colour."""

import base64
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docrail.core.model import Box, Hidden, Line, Page, Source, Table, TableCell, Word
from docrail.core.svg import page_to_svg

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {f"{SVG}{name}" for name in ("svg", "title", "style", "rect", "g", "text", "image")}
HOSTILE = '"/><script>alert(1)</script><image href="http://evil/"/>&amp;\x00\x1b[31m'
BOX = Box(x0=10, y0=20, x1=60, y1=32)


def make_page(*words, tables=(), hidden=()):
    lines = (Line(words=words),) if words else ()
    return Page(number=3, width=200, height=100, source=Source.OCR, lines=lines, tables=tables, hidden=hidden)


def draw(page, **more):
    return ET.fromstring(page_to_svg(page, **more))


def group(root, name):
    return [each for g in root.iter(f"{SVG}g") if g.get("class") == name for each in g]


def test_a_word_has_its_box_and_its_text_in_points():
    root = draw(make_page(Word(text="Total", box=BOX)))
    assert (root.get("viewBox"), root.get("width"), root.get("height")) == ("0 0 200 100", "200", "100")
    rect, text = group(root, "words")
    assert [rect.get(name) for name in ("x", "y", "width", "height")] == ["10", "20", "50", "12"]
    assert (text.text, text.get("x"), text.get("textLength")) == ("Total", "10", "50")
    assert 20 < float(text.get("y")) < 32


def test_text_that_runs_up_the_page_is_turned():
    upright = Box(x0=10, y0=20, x1=22, y1=90)
    _rect, text = group(draw(make_page(Word(text="Total", box=upright))), "words")
    assert text.get("transform").startswith("rotate(-90 ")
    assert text.get("textLength") == "70"


def test_a_word_that_ocr_is_unsure_of_stands_out_and_tells_its_score():
    rect, _ = group(draw(make_page(Word(text="7", box=BOX, score=0.41))), "words")
    assert rect.get("class") == "unsure"
    assert rect[0].text == "7 · score 0.41"
    rect, _ = group(draw(make_page(Word(text="7", box=BOX, score=0.9))), "words")
    assert rect.get("class") is None


def test_hidden_text_is_marked_at_its_place_and_listed_below_the_page():
    hidden = (Hidden(text="pay twice", reason="white", box=BOX), Hidden(text="note", reason="speaker notes"))
    root = draw(make_page(hidden=hidden))
    rects = [each for each in group(root, "hidden") if each.tag == f"{SVG}rect"]
    assert [rect.get("x") for rect in rects] == ["10"]
    listed = [each.text for each in group(root, "hidden") if each.tag == f"{SVG}text"]
    assert listed == ["pay twice", "hidden (white): pay twice", "hidden (speaker notes): note"]
    assert float(root.get("height")) > 100


def test_of_much_hidden_text_the_first_is_listed_and_the_rest_counted():
    hidden = tuple(Hidden(text="x" * 999, reason="tiny") for _ in range(50))
    listed = [each.text for each in group(draw(make_page(hidden=hidden)), "hidden")]
    assert len(listed) == 21
    assert listed[-1] == "… and 30 more hidden"
    assert max(map(len, listed)) < 230


def test_a_table_is_outlined_round_its_cells():
    other = Box(x0=100, y0=50, x1=150, y1=60)
    cells = tuple(TableCell(row=0, column=n, text="", box=box) for n, box in enumerate((BOX, other, None)))
    outline = group(draw(make_page(tables=(Table(cells=cells),))), "tables")[-1]
    assert outline.get("class") == "table"
    assert [outline.get(name) for name in ("x", "y", "width", "height")] == ["10", "20", "140", "40"]


def test_the_picture_stands_beside_the_words_and_is_inside_the_file():
    root = draw(make_page(Word(text="a", box=BOX)), png=b"\x89PNG")
    image = root.find(f"{SVG}image")
    kind, data = image.get("href").split(",")
    assert (kind, base64.b64decode(data)) == ("data:image/png;base64", b"\x89PNG")
    assert (root.get("width"), image.get("width")) == ("400", "200")
    assert len(group(root, "words")) == 3  # the box on both sides, the text on one


@pytest.mark.parametrize("png", [None, b"png"])
def test_nothing_of_a_hostile_document_becomes_markup(png):
    word = Word(text=HOSTILE, box=BOX, address=HOSTILE)
    hidden = (Hidden(text=HOSTILE, reason=HOSTILE, box=BOX),)
    root = draw(make_page(word, hidden=hidden), png=png)
    assert {each.tag for each in root.iter()} <= ALLOWED
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on")]
    assert all(each.get("href", "data:").startswith("data:") for each in root.iter())


numbers = st.floats()
boxes = st.builds(Box, x0=numbers, y0=numbers, x1=numbers, y1=numbers)
words = st.builds(Word, text=st.text(), box=boxes, score=numbers, address=st.none() | st.text())


@given(st.lists(words, max_size=3), st.lists(st.builds(Hidden, text=st.text(), reason=st.text(), box=boxes)))
def test_any_text_at_any_place_makes_a_well_formed_drawing(words, hidden):
    root = draw(make_page(*words, hidden=tuple(hidden)))
    assert {each.tag for each in root.iter()} <= ALLOWED
    assert not {"nan", "inf", "-inf"} & {value for each in root.iter() for value in each.attrib.values()}
