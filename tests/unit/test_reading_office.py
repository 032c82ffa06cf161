"""Office files and mails, made here part by part."""

from email.message import EmailMessage

import pytest
from tests.made.office import S, W, make_docx, make_package, make_pptx, make_xlsx, paragraph, shape

from docrail.core.errors import DocumentError
from docrail.core.model import Layout
from docrail.reading.detect import DOCX, PPTX, XLSX
from docrail.reading.limits import Limits
from docrail.reading.read import read_bytes
from docrail.reading.xlsx_formats import Formats


def read(data: bytes, *, limits: Limits | None = None) -> Layout:
    return read_bytes(data, filename="a", limits=limits or Limits(), threads=1)


def hidden(layout: Layout) -> list[str]:
    return [item.text for page in layout.pages for item in page.hidden]


def test_a_word_file_has_paragraphs_and_table_rows_with_addresses() -> None:
    cells = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("Total", "120.00"))
    layout = read(make_docx(paragraph("Invoice") + f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>"))
    assert layout.media_type == DOCX
    assert layout.text == "Invoice\nTotal 120.00"
    assert layout.pages[0].lines[1].words[1].address == "/body/tbl[1]/tr[1]/tc[2]"


@pytest.mark.parametrize(
    "style",
    [
        "<w:vanish/>",
        '<w:sz w:val="2"/>',
        '<w:color w:val="FFFFFF"/>',
        '<w:color w:val="FDFEFE"/>',
        '<w:color w:val="102030"/><w:shd w:fill="102030"/>',
        '<w:rStyle w:val="Based"/>',
    ],
)
def test_a_run_that_word_hides_is_kept_apart(style: str) -> None:
    styles = (
        '<w:style w:styleId="Gone"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:styleId="Based"><w:basedOn w:val="Gone"/></w:style>'
    )
    layout = read(make_docx(paragraph("seen") + paragraph("secret", style), styles=styles))
    assert (layout.text, hidden(layout)) == ("seen", ["secret"])


@pytest.mark.parametrize(
    "style",
    [
        '<w:vanish w:val="0"/>',
        '<w:color w:val="FFFFFF"/><w:shd w:fill="000080"/>',
        '<w:color w:val="auto"/>',
        '<w:rStyle w:val="Unknown"/>',
    ],
)
def test_a_run_that_word_shows_is_text(style: str) -> None:
    layout = read(make_docx(paragraph("seen", style)))
    assert (layout.text, hidden(layout)) == ("seen", [])


def test_tracked_deletions_and_comments_are_kept_apart() -> None:
    deleted = "<w:p><w:r><w:t>now</w:t></w:r><w:del><w:r><w:delText>before</w:delText></w:r></w:del></w:p>"
    comments = f"<w:comments {W}><w:comment><w:p><w:r><w:t>remark</w:t></w:r></w:p></w:comment></w:comments>"
    layout = read(make_docx(deleted, comments=comments))
    assert [(item.reason, item.text) for item in layout.pages[0].hidden] == [
        ("tracked deletion", "before"),
        ("comment", "remark"),
    ]
    assert layout.text == "now"


def test_cells_merged_in_word_cover_rows_and_columns() -> None:
    def cell(text: str, form: str = "") -> str:
        return f"<w:tc><w:tcPr>{form}</w:tcPr>{paragraph(text)}</w:tc>"

    top = cell("tall", '<w:vMerge w:val="restart"/>') + cell("wide", '<w:gridSpan w:val="2"/>')
    below = cell("under", "<w:vMerge/>") + cell("b") + cell("c")
    header = "<w:trPr><w:tblHeader/></w:trPr>"
    layout = read(make_docx(f"<w:tbl><w:tr>{header}{top}</w:tr><w:tr>{below}</w:tr></w:tbl>"))
    table = layout.pages[0].tables[0]
    assert [(c.text, c.row, c.column, c.rows, c.columns) for c in table.cells] == [
        ("tall", 0, 0, 2, 1),
        ("wide", 0, 1, 1, 2),
        ("b", 1, 1, 1, 1),
        ("c", 1, 2, 1, 1),
    ]
    assert (table.header_rows, hidden(layout)) == (1, ["under"])


def test_a_document_in_the_strict_dialect_is_read() -> None:
    strict = "http://purl.oclc.org/ooxml/wordprocessingml/main"
    body = f'<w:document xmlns:w="{strict}"><w:body>{paragraph("seen")}</w:body></w:document>'
    assert read(make_package(**{"word/document.xml": body})).text == "seen"


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("word/vbaProject.bin", "macros_not_run"),
        ("word/embeddings/a.xlsx", "embedded_not_read"),
        ("word/media/a.png", "pictures_not_read"),
    ],
)
def test_what_in_a_package_is_not_read_is_said(part: str, code: str) -> None:
    layout = read(make_package(**{"word/document.xml": f"<w:document {W}/>", part: "x"}))
    assert code in [issue.code for issue in layout.issues]


def test_a_sheet_is_a_page_with_the_addresses_of_its_cells() -> None:
    rows = '<row r="2"><c r="B2" t="inlineStr"><is><t>Total</t></is></c><c r="D2"><f>60*2</f><v>120</v></c></row>'
    layout = read(make_xlsx(rows))
    assert (layout.media_type, layout.text) == (XLSX, "Total 120")
    assert [word.address for word in layout.pages[0].lines[0].words] == ["R2C2", "R2C4"]


def test_hidden_sheets_rows_and_columns_are_kept_apart() -> None:
    rows = (
        '<row r="1" hidden="1"><c r="A1"><v>1</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><v>3</v></c></row>'
    )
    columns = '<cols><col min="2" max="2" hidden="1"/></cols>'
    layout = read(make_xlsx(rows, columns=columns))
    assert (layout.text, hidden(layout)) == ("2", ["1 3"])
    assert hidden(read(make_xlsx(rows, state="hidden"))) == ["1", "2 3"]


STYLES = (
    "<fonts><font/><font><color rgb='FFFFFFFF'/></font><font><sz val='1'/></font></fonts>"
    "<fills><fill/><fill><patternFill patternType='solid'><fgColor rgb='FF000080'/></patternFill></fill></fills>"
    "<numFmts><numFmt numFmtId='200' formatCode=';;;'/></numFmts>"
    "<cellXfs><xf/><xf fontId='1' fillId='0'/><xf fontId='2'/><xf numFmtId='200'/><xf fontId='1' fillId='1'/></cellXfs>"
)


@pytest.mark.parametrize("style", [1, 2, 3])
def test_a_cell_that_its_style_hides_is_kept_apart(style: int) -> None:
    rows = f'<row r="1"><c r="A1"><v>1</v></c><c r="B1" s="{style}"><v>2</v></c></row>'
    layout = read(make_xlsx(rows, styles=STYLES))
    assert (layout.text, hidden(layout)) == ("1", ["2"])


def test_white_figures_on_a_dark_cell_are_seen() -> None:
    rows = '<row r="1"><c r="A1" s="4"><v>2</v></c></row>'
    assert read(make_xlsx(rows, styles=STYLES)).text == "2"


def test_a_row_or_column_without_size_is_hidden() -> None:
    rows = (
        '<row r="1" ht="0"><c r="A1"><v>1</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><v>3</v></c></row>'
    )
    columns = '<cols><col min="2" max="2" width="0"/></cols>'
    assert read(make_xlsx(rows, columns=columns)).text == "2"


def test_comments_are_kept_apart_and_texts_of_drawings_follow_the_cells() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row>'
    related = {
        "comments": f"<comments {S}><comment><text><t>remark</t></text></comment></comments>",
        "drawing": '<x xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:p><a:t>stamp</a:t></a:p></x>',
    }
    layout = read(make_xlsx(rows, related=related))
    assert (layout.text, hidden(layout)) == ("1\nstamp", ["remark"])


def test_merged_cells_of_a_sheet_cover_those_laid_out() -> None:
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="D1"><v>4</v></c></row>'
        '<row r="2"><c r="B2"><v>2</v></c><c r="D2"><v>5</v></c></row>'
    )
    layout = read(make_xlsx(rows, after='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'))
    first = layout.pages[0].tables[0].cells[0]
    assert (first.text, first.columns, first.rows) == ("1", 2, 1)
    assert [(c.text, c.column) for c in layout.pages[0].tables[0].cells if c.text in ("4", "5")] == [
        ("4", 2),
        ("5", 2),
    ]


def test_rows_over_the_limit_of_cells_are_cut_and_said_so() -> None:
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>' for row in range(1, 20))
    layout = read(make_xlsx(rows), limits=Limits(cells=5))
    assert [issue.code for issue in layout.issues] == ["cut_short"]


@pytest.mark.parametrize(
    ("value", "style", "shown"),
    [
        ("120", 0, "120"),
        ("0.1", 0, "0.1"),
        ("120", 1, "120.00"),
        ("46085", 2, "2026-03-04"),
        ("0.195", 3, "19.5%"),
        ("46085.5", 4, "2026-03-04 12:00:00"),
        ("-5", 5, "-5.00"),
        ("1E400", 2, "inf"),
    ],
)
def test_numbers_are_shown_as_the_sheet_shows_them(value: str, style: int, shown: str) -> None:
    forms = ("General", "0.00", "dd.mm.yyyy", "0.0%", "yyyy-mm-dd hh:mm", '#,##0.00\\ "EUR";[Red]-#,##0.00')
    assert Formats(by_style=forms, is_1904=False).show(value, style=style) == shown


def test_a_slide_is_a_page_and_its_notes_are_kept_apart() -> None:
    layout = read(make_pptx(shape("below", 9) + shape("above", 1)))
    assert (layout.media_type, layout.text, hidden(layout)) == (PPTX, "above\nbelow", ["note"])


@pytest.mark.parametrize(
    "element",
    [
        shape("secret", 5, name='hidden="1"'),
        shape("secret", 7000),
        shape("secret", 5, left=-200),
        shape("secret", 5, run='sz="100"'),
        f"<p:grpSp><p:nvGrpSpPr><p:cNvPr id='1' name='g' hidden='1'/></p:nvGrpSpPr>{shape('secret', 5)}</p:grpSp>",
    ],
)
def test_a_shape_that_nobody_sees_is_kept_apart(element: str) -> None:
    layout = read(make_pptx(shape("seen", 1) + element))
    assert (layout.text, hidden(layout)) == ("seen", ["note", "secret"])


def test_a_hidden_slide_is_kept_apart() -> None:
    layout = read(make_pptx(shape("secret", 1), attributes='show="0"'))
    assert (layout.text, hidden(layout)) == ("", ["note", "secret"])


def test_a_package_that_expands_too_far_is_refused() -> None:
    with pytest.raises(DocumentError) as caught:
        read(make_docx(paragraph("x" * 10_000)), limits=Limits(expanded_bytes=1000))
    assert caught.value.code == "too_large"


def test_a_package_over_the_ratio_is_refused_and_says_what_to_set() -> None:
    with pytest.raises(DocumentError) as caught:
        read(make_docx(paragraph(" " * 11_000_000)), limits=Limits(expansion_ratio=50))
    assert (caught.value.code, "max_expansion_ratio" in caught.value.message) == ("too_large", True)
    small = make_docx(paragraph("x" * 1_000_000))
    assert len(read(small, limits=Limits(expansion_ratio=50)).text) == 1_000_000


def make_mail(text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@example.org", "Rechnung für März"
    mail.set_content(text)
    return mail


def test_a_mail_is_its_headers_and_body_and_nothing_of_what_is_attached() -> None:
    mail = make_mail("see attached")
    mail.add_attachment(b"total;12\nnet;10\n", maintype="text", subtype="csv", filename="../../a.csv")
    layout = read(mail.as_bytes())
    assert [page.number for page in layout.pages] == [1]
    assert "Subject: Rechnung für März" in layout.text
    assert "see attached" in layout.text
    assert "total" not in layout.text
    assert layout.issues == ()


def test_a_mail_of_html_alone_has_the_pages_of_its_html() -> None:
    mail = EmailMessage()
    mail["Subject"] = "offer"
    mail.set_content("<html><body><p>Total 12</p></body></html>", subtype="html")
    layout = read(mail.as_bytes())
    assert [page.number for page in layout.pages] == [1, 2]
    assert "Total 12" in layout.text


def test_html_of_a_mail_is_read_as_html_in_its_charset_whatever_it_begins_with() -> None:
    mail = EmailMessage()
    mail["Subject"] = "offer"
    mail.set_content("<b>Größe</b> 12 <i hidden>secret</i>", subtype="html", charset="iso-8859-1")
    layout = read(mail.as_bytes())
    assert layout.text.splitlines()[-1].strip("\f") == "Größe 12"
    assert hidden(layout) == ["secret"]


def test_a_forwarded_mail_is_no_page_of_the_one_around_it() -> None:
    outer = make_mail("outer")
    outer.add_attachment(make_mail("innermost"))
    layout = read(outer.as_bytes())
    assert "outer" in layout.text
    assert "innermost" not in layout.text
