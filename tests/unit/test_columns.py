"""Taught tables: confirmed rows say which header words mean which column; rows go on over pages."""

from collections.abc import Sequence
from dataclasses import replace

from docrail.core.model import Box, Layout, Line, Page, Source, Word
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.candidates import read_document
from docrail.phases.extraction.tables import find_rows
from docrail.phases.transfer.columns import sight_columns, teach_columns

LOADS = Field(
    name="loads",
    type=FieldType.ARRAY,
    items=(
        Field(name="cargo"),
        Field(name="quantity", type=FieldType.NUMBER),
        Field(name="amount", type=FieldType.NUMBER),
    ),
)


def columns(*rows: Sequence[str]) -> Layout:
    """Cells of one word or more, in columns that begin at the same places."""
    lines = [
        Line(
            words=tuple(
                Word(
                    text=cell,
                    box=Box(x0=40 + 180 * n, y0=20 * at, x1=40 + 180 * n + 5 * len(cell), y1=20 * at + 10),
                )
                for n, cell in enumerate(row)
                if cell
            )
        )
        for at, row in enumerate(rows)
    ]
    page = Page(number=1, width=612, height=792, source=Source.TEXT_LAYER, lines=tuple(lines))
    return Layout(media_type="application/pdf", pages=(page,))


HEADER = ("Vracht", "Stuks", "Loon")
ROWS = [{"cargo": "Timber", "quantity": 3, "amount": 30.5}, {"cargo": "Coal", "quantity": 12, "amount": 99.0}]
PAGE = columns(HEADER, ("Timber", "3", "30.50"), ("Coal", "12", "99.00"))


def test_the_words_over_confirmed_rows_mean_their_columns_and_no_others() -> None:
    seen = sight_columns(read_document(PAGE), LOADS, ROWS)
    assert {key for key, right in seen.items() if right} == {
        "column cargo: vracht",
        "column quantity: stuks",
        "column amount: loon",
    }
    assert seen["column cargo: stuks"] is False


def test_rows_that_stand_nowhere_teach_nothing() -> None:
    assert sight_columns(read_document(PAGE), LOADS, [{"cargo": "Wool", "quantity": 7}]) == {}
    assert sight_columns(read_document(PAGE), LOADS, None) == {}
    assert sight_columns(read_document(PAGE), LOADS, "Timber") == {}


def test_taught_header_words_find_the_rows_of_another_document() -> None:
    other = read_document(columns(HEADER, ("Salt", "4", "8.00"), ("Rye", "5", "7.25")))
    assert find_rows(other, LOADS) is None

    taught = teach_columns(LOADS, ["column cargo: vracht", "column quantity: stuks", "column amount: loon"])

    rows = find_rows(other, taught)
    assert rows is not None
    assert rows.values == [
        {"cargo": "Salt", "quantity": 4.0, "amount": 8.0},
        {"cargo": "Rye", "quantity": 5.0, "amount": 7.25},
    ]


def test_words_that_say_another_column_by_themselves_are_not_taught() -> None:
    taught = teach_columns(LOADS, ["column cargo: quantity"])
    assert taught == LOADS


PLAIN = replace(LOADS, items=(Field(name="description"), *LOADS.items[1:]))
TOP = ("Description", "Quantity", "Amount")


def pages(*parts: Layout) -> Layout:
    numbered = (replace(part.pages[0], number=at) for at, part in enumerate(parts, 1))
    return Layout(media_type="application/pdf", pages=tuple(numbered))


def test_rows_go_on_over_a_page_break_without_a_header() -> None:
    layout = pages(
        columns(TOP, ("Timber", "3", "30.50"), ("Coal", "12", "99.00")),
        columns(("Page two",), ("Salt", "4", "8.00"), ("Rye", "5", "7.25"), ("Total", "144.75")),
    )
    rows = find_rows(read_document(layout), PLAIN)
    assert rows is not None
    assert [row["description"] for row in rows.values] == ["Timber", "Coal", "Salt", "Rye"]


def test_rows_that_ended_with_a_total_do_not_go_on() -> None:
    layout = pages(
        columns(TOP, ("Timber", "3", "30.50"), ("Total", "", "30.50")),
        columns(("Salt", "4", "8.00"), ("Rye", "5", "7.25")),
    )
    rows = find_rows(read_document(layout), PLAIN)
    assert rows is not None
    assert [row["description"] for row in rows.values] == ["Timber"]


def test_a_letter_after_the_table_is_no_row() -> None:
    layout = pages(
        columns(TOP, ("Timber", "3", "30.50"), ("Coal", "12", "99.00")),
        columns(("Dear customer",), ("In 2024 we moved",), ("Call 555",)),
    )
    rows = find_rows(read_document(layout), PLAIN)
    assert rows is not None
    assert len(rows.values) == 2
