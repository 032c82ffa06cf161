"""A workbook written by another program: everything a person sees in it, and nothing else."""

import io
from datetime import datetime

import pytest
import xlsxwriter

from docrail.core.model import Layout
from docrail.reading.limits import Limits
from docrail.reading.read import read_bytes


@pytest.fixture(scope="module")
def layout() -> Layout:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    white = book.add_format({"font_color": "white"})
    dark = book.add_format({"font_color": "white", "bg_color": "navy"})
    money = book.add_format({"num_format": '#,##0.00 "€"'})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet = book.add_worksheet("Invoice")
    sheet.merge_range("A1:C1", "Invoice NW-1", dark)
    sheet.write_row("A3", ["Item", "Quantity", "Price"], dark)
    sheet.write_row("A4", ["Pen", 2])
    sheet.write("C4", 1234.5, money)
    sheet.write("D4", "white on white", white)
    sheet.write_datetime("B5", datetime(2026, 3, 4), day)
    sheet.write_formula("C6", "=SUM(C4)", money, 1234.5)
    sheet.write_comment("A4", "a remark")
    sheet.insert_textbox("F2", "PAID")
    sheet.write("A8", "row")
    sheet.set_row(7, None, None, {"hidden": True})
    sheet.write("H1", "column")
    sheet.set_column("H:H", None, None, {"hidden": True})
    secret = book.add_worksheet("Secret")
    secret.write("A1", "sheet")
    secret.hide()
    book.close()
    return read_bytes(target.getvalue(), filename="a", limits=Limits(), threads=1)


def test_what_the_sheet_shows_is_its_text(layout: Layout) -> None:
    assert layout.text.rstrip("\f").splitlines() == [
        "Invoice NW-1",
        "Item Quantity Price",
        "Pen 2 1234.50",
        "2026-03-04",
        "1234.50",
        "PAID",
    ]


def test_what_it_hides_is_kept_apart_with_the_reason(layout: Layout) -> None:
    assert [(item.reason, item.text) for page in layout.pages for item in page.hidden] == [
        ("hidden row or column", "column row"),
        ("text in the colour of its background", "white on white"),
        ("comment", "a remark"),
        ("hidden sheet", "sheet"),
    ]


def test_a_merged_cell_covers_its_columns(layout: Layout) -> None:
    first, second = layout.pages[0].tables[0].cells[:2]
    assert (first.text, first.columns, second.row) == ("Invoice NW-1", 3, 1)
