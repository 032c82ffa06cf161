"""Office files and mails, made here part by part."""

import io
import zipfile
from email.message import EmailMessage

import pytest

from docrail.core.errors import DocumentError
from docrail.core.model import Layout
from docrail.reading.detect import DOCX, PPTX, XLSX
from docrail.reading.limits import Limits
from docrail.reading.read import read_bytes
from docrail.reading.xlsx_formats import Formats

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def make_package(**parts: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def make_relations(**targets: str) -> str:
    items = "".join(
        f'<Relationship Id="{key}" Type="{KIND}/{value.split(":")[0]}" Target="{value.split(":")[1]}"/>'
        for key, value in targets.items()
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{items}</Relationships>'


def make_docx(body: str) -> bytes:
    return make_package(**{"word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>"})


def make_xlsx(rows: str, *, state: str = "visible", columns: str = "") -> bytes:
    return make_package(
        **{
            "xl/workbook.xml": (
                f'<workbook {S} {R}><sheets><sheet name="One" state="{state}" r:id="r1"/></sheets></workbook>'
            ),
            "xl/_rels/workbook.xml.rels": make_relations(r1="worksheet:sheet1.xml"),
            "xl/sheet1.xml": f"<worksheet {S}>{columns}<sheetData>{rows}</sheetData></worksheet>",
        }
    )


def paragraph(text: str, style: str = "") -> str:
    return f"<w:p><w:r><w:rPr>{style}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


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


@pytest.mark.parametrize("style", ["<w:vanish/>", '<w:sz w:val="2"/>', '<w:color w:val="FFFFFF"/>'])
def test_a_run_that_word_hides_is_kept_apart(style: str) -> None:
    layout = read(make_docx(paragraph("seen") + paragraph("secret", style)))
    assert (layout.text, hidden(layout)) == ("seen", ["secret"])


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
    def shape(text: str, top: int) -> str:
        return (
            f'<p:sp><p:spPr><a:xfrm><a:off x="0" y="{top}"/></a:xfrm></p:spPr>'
            f"<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
        )

    layout = read(
        make_package(
            **{
                "ppt/presentation.xml": (
                    f'<p:presentation {P} {R}><p:sldIdLst><p:sldId r:id="r1"/></p:sldIdLst></p:presentation>'
                ),
                "ppt/_rels/presentation.xml.rels": make_relations(r1="slide:slides/s1.xml"),
                "ppt/slides/s1.xml": f"<p:sld {P} {A}>{shape('below', 9)}{shape('above', 1)}</p:sld>",
                "ppt/slides/_rels/s1.xml.rels": make_relations(n="notesSlide:../n.xml"),
                "ppt/n.xml": f"<p:notes {P} {A}><a:t>note</a:t></p:notes>",
            }
        )
    )
    assert (layout.media_type, layout.text, hidden(layout)) == (PPTX, "above\nbelow", ["note"])


def test_a_package_that_expands_too_far_is_refused() -> None:
    with pytest.raises(DocumentError) as caught:
        read(make_docx(paragraph("x" * 10_000)), limits=Limits(expanded_bytes=1000))
    assert caught.value.code == "too_large"


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


def test_a_forwarded_mail_is_no_page_of_the_one_around_it() -> None:
    outer = make_mail("outer")
    outer.add_attachment(make_mail("innermost"))
    layout = read(outer.as_bytes())
    assert "outer" in layout.text
    assert "innermost" not in layout.text
