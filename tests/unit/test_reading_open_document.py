"""OpenDocument files, made here part by part."""

import pytest
from tests.made.office import make_open_document, make_package

from docrail.core.errors import DocumentError
from docrail.core.model import Layout
from docrail.reading.detect import ODP, ODS, ODT
from docrail.reading.limits import Limits
from docrail.reading.read import read_bytes

WHITE_ON_DARK = (
    '<style:style style:name="Dark" style:family="table-cell">'
    '<style:table-cell-properties fo:background-color="#000080"/>'
    '<style:text-properties fo:color="#ffffff"/></style:style>'
    '<style:style style:name="White" style:family="text"><style:text-properties fo:color="#fefefe"/></style:style>'
    '<style:style style:name="None" style:family="text"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="Tiny" style:family="paragraph"><style:text-properties fo:font-size="1pt"/></style:style>'
)


def read(data: bytes, *, limits: Limits | None = None) -> Layout:
    return read_bytes(data, filename="a", limits=limits or Limits(), threads=1)


def hidden(layout: Layout) -> list[tuple[str, str]]:
    return [(item.reason, item.text) for page in layout.pages for item in page.hidden]


def cell(text: str, attributes: str = "") -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def test_a_text_has_headings_paragraphs_and_tables_with_addresses() -> None:
    rows = "".join(
        f"<table:table-row>{cell(a)}{cell(b)}</table:table-row>" for a, b in (("Net", "5"), ("Total", "6"))
    )
    body = (
        '<text:h text:outline-level="1">Invoice</text:h>'
        '<text:p>No:<text:s text:c="3"/><text:span>NW-1</text:span></text:p>'
        f"<table:table>{rows}</table:table><text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>"
    )
    layout = read(make_open_document("text", body))
    assert layout.media_type == ODT
    assert layout.text == "Invoice\nNo: NW-1\nNet 5\nTotal 6\none"
    words = [word for line in layout.pages[0].lines for word in line.words]
    assert next(word.address for word in words if word.text == "6") == "/text/table[1]/row[2]/cell[2]"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            '<text:p><text:span text:style-name="White">secret</text:span></text:p>',
            "text in the colour of its background",
        ),
        ('<text:p><text:span text:style-name="None">secret</text:span></text:p>', "hidden text"),
        ('<text:p text:style-name="Tiny">secret</text:p>', "tiny text"),
        ('<text:p><text:hidden-text text:string-value="secret"/></text:p>', "hidden text"),
        ("<text:p><text:hidden-paragraph/>secret</text:p>", "hidden paragraph"),
        ('<text:section text:display="none"><text:p>secret</text:p></text:section>', "hidden section"),
        ("<text:p><office:annotation><text:p>secret</text:p></office:annotation></text:p>", "comment"),
        ("<text:tracked-changes><text:p>secret</text:p></text:tracked-changes>", "tracked deletion"),
    ],
)
def test_what_a_text_hides_is_kept_apart(body: str, reason: str) -> None:
    layout = read(make_open_document("text", f"<text:p>seen</text:p>{body}", styles=WHITE_ON_DARK))
    assert (layout.text, hidden(layout)) == ("seen", [(reason, "secret")])


def test_white_text_on_a_dark_cell_is_seen() -> None:
    row = (
        f"<table:table-row>{cell('seen', 'table:style-name=' + chr(34) + 'Dark' + chr(34))}</table:table-row>"
    )
    layout = read(make_open_document("text", f"<table:table>{row}</table:table>", styles=WHITE_ON_DARK))
    assert (layout.text, hidden(layout)) == ("seen", [])


def test_a_sheet_is_a_page_and_repeated_cells_are_as_many() -> None:
    rows = (
        f'<table:table-row table:number-rows-repeated="2">{cell("a")}</table:table-row>'
        '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
        f"<table:table-row>{cell('x', 'table:number-columns-repeated=' + chr(34) + '3' + chr(34))}</table:table-row>"
    )
    layout = read(make_open_document("spreadsheet", f'<table:table table:name="One">{rows}</table:table>'))
    assert (layout.media_type, layout.text) == (ODS, "a\na\nx x x")
    assert layout.pages[0].lines[2].words[2].address == "R1048577C3"


def test_hidden_rows_columns_sheets_and_comments_are_kept_apart() -> None:
    table = (
        '<table:table table:style-name="Off"><table:table-column/><table:table-column table:visibility="collapse"/>'
        f"<table:table-row>{cell('one')}{cell('two')}</table:table-row></table:table>"
    )
    form = '<style:table-properties table:display="false"/>'
    style = f'<style:style style:name="Off" style:family="table">{form}</style:style>'
    shown = table.replace('table:style-name="Off"', "").replace(
        "<text:p>one", "<office:annotation><text:p>note</text:p></office:annotation><text:p>one"
    )
    layout = read(make_open_document("spreadsheet", shown + table, styles=style))
    assert layout.text == "one\f"
    assert hidden(layout) == [
        ("hidden row or column", "two"),
        ("comment", "note"),
        ("hidden row or column", "two"),
        ("hidden sheet", "one"),
    ]


def test_a_cell_said_to_stand_for_a_billion_stops_at_the_limit() -> None:
    row = f'<table:table-row table:number-rows-repeated="999999999">{cell("x")}</table:table-row>'
    layout = read(
        make_open_document("spreadsheet", f"<table:table>{row}</table:table>"), limits=Limits(cells=50)
    )
    assert [issue.code for issue in layout.issues] == ["cut_short"]
    assert len(layout.pages[0].lines) == 50


def test_merged_cells_cover_what_they_cover() -> None:
    span = 'table:number-columns-spanned="2" table:number-rows-spanned="2"'
    rows = (
        f"<table:table-row>{cell('wide', span)}<table:covered-table-cell/>{cell('c')}</table:table-row>"
        f"<table:table-row><table:covered-table-cell/><table:covered-table-cell/>{cell('d')}</table:table-row>"
    )
    for kind in ("text", "spreadsheet"):
        table = read(make_open_document(kind, f"<table:table>{rows}</table:table>")).pages[0].tables[0]
        assert [(c.row, c.column) for c in table.cells if c.text == "d"] in ([(1, 2)], [(1, 1)])
        assert next(c for c in table.cells if c.text == "wide").rows == 2


def test_a_slide_is_a_page_from_top_to_bottom() -> None:
    def frame(text: str, y: int) -> str:
        box = f"<draw:text-box><text:p>{text}</text:p></draw:text-box>"
        return f'<draw:frame svg:x="1cm" svg:y="{y}cm">{box}</draw:frame>'

    body = (
        f"<draw:page>{frame('below', 9)}{frame('above', 1)}<presentation:notes>{frame('note', 2)}</presentation:notes>"
        f'</draw:page><draw:page draw:style-name="Off">{frame("gone", 1)}</draw:page>'
    )
    style = (
        '<style:style style:name="Off" style:family="drawing-page">'
        '<style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
    )
    layout = read(make_open_document("presentation", body, styles=style))
    assert (layout.media_type, layout.text) == (ODP, "above\nbelow\f")
    assert hidden(layout) == [("speaker notes", "note"), ("hidden slide", "gone")]


def test_a_file_with_a_password_says_so() -> None:
    manifest = {"META-INF/manifest.xml": "<m><encryption-data/></m>"}
    with pytest.raises(DocumentError) as caught:
        read(make_open_document("text", "", **manifest))
    assert caught.value.code == "encrypted"


def test_a_file_without_a_body_is_unreadable() -> None:
    with pytest.raises(DocumentError) as caught:
        read(make_package(mimetype=ODT, **{"content.xml": "<x/>"}))
    assert caught.value.code == "unreadable"
