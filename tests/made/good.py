"""One small good file of each kind that docrail reads, for changing at random."""

import io
import json
from email.message import EmailMessage
from pathlib import Path

from pikepdf import String
from PIL import Image

from tests.made.hostile_archive import make_zip
from tests.made.office import make_docx, make_open_document, make_pptx, make_xlsx, paragraph, shape
from tests.made.ole import make_msg, make_ole
from tests.pdf_files import write
from tests.pdf_forms import field, note, tick, with_notes

DATA = Path(__file__).parents[1] / "data"
STYLES = (
    "<fonts><font/><font><color rgb='FFFFFFFF'/></font></fonts><fills><fill/></fills>"
    "<cellXfs><xf numFmtId='14' fontId='0'/><xf fontId='1'/></cellXfs>"
)


def texts() -> dict[str, bytes]:
    """Kinds whose readers are in Python or in libraries made for hostile input."""
    row = "<tr><td>Total<td style='color:#fff'>120.00<td rowspan=2 colspan=2>a</tr>"
    filing = (DATA / "ixbrl-filings/uk_account_1.html").read_bytes()
    invoice = (DATA / "xrechnung-pairs/01.01a-INVOICE_ubl.xml").read_bytes()
    return {
        "csv": 'Größe;Preis\n"1;2";2,50\n3;4,00\n'.encode("cp1252"),
        "tsv": b"a\tb\n1\t2\n",
        "txt": "Invoice No: NW-2601\n\nTotal:\t5,00 €\f2".encode("utf-16"),
        "md": b"# Invoice\n\n| a | b |\n|---|---|\n| 1 | **2** |\n\n- [x](y)\n<!-- hid -->\n```\ncode\n```\n",
        "json": json.dumps({"a": [1, {"b": "c/~d"}], "e": None, "f": 1.5e300}).encode(),
        "html": f"<html><style>.x{{display:none}}</style><p class=x>a<table>{row * 2}</table></html>".encode(),
        "filing": filing[:20_000],
        "xml": invoice[:6_000] + invoice[-2_000:],
        "whole-xml": b"<?xml version='1.0' encoding='iso-8859-1'?>"
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a x='1'>&b;<c/>\xfc</a>",
        "eml": _mail(),
    }


def packages() -> dict[str, bytes]:
    """Office files: their parts are changed inside, so that the change gets past the archive."""
    cells = '<row r="1"><c r="A1" s="0"><v>46085</v></c><c r="B1" t="inlineStr"><is><t>x</t></is></c></row>'
    merged = '<w:tc><w:tcPr><w:gridSpan w:val="2"/><w:vMerge w:val="restart"/></w:tcPr><w:p/></w:tc>'
    body = paragraph("NW-2601", '<w:sz w:val="2"/>') + f"<w:tbl><w:tr>{merged}</w:tr></w:tbl>"
    row = '<table:table-row table:number-rows-repeated="2">'
    cell = "<table:table-cell><text:p>a<text:s/>b</text:p></table:table-cell>"
    table = f"<table:table>{row}{cell}</table:table-row></table:table>"
    form = '<style:text-properties fo:color="#fff"/>'
    style = f'<style:style style:name="s" style:family="paragraph">{form}</style:style>'
    box = "<draw:text-box><text:p>t</text:p></draw:text-box>"
    frame = f'<draw:page><draw:frame svg:y="1cm">{box}</draw:frame></draw:page>'
    return {
        "docx": make_docx(body, styles='<w:style w:styleId="a"><w:basedOn w:val="b"/></w:style>'),
        "xlsx": make_xlsx(cells, styles=STYLES, after='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'),
        "pptx": make_pptx(shape("a", 1) + shape("b", 2, name='hidden="1"')),
        "odt": make_open_document("text", f'<text:p text:style-name="s">x</text:p>{table}', styles=style),
        "ods": make_open_document("spreadsheet", table, styles=style),
        "odp": make_open_document("presentation", frame),
    }


def binaries() -> dict[str, bytes]:
    """Kinds that are read by libraries in C: only ever in a process of their own."""
    documents = DATA / "robustness/documents"
    return {
        "pdf": (documents / "control_invoice.pdf").read_bytes(),
        "form.pdf": with_notes(
            field(),
            tick(on=True),
            note("FreeText", Contents=String("Paid")),
            content=write("Name", x=20, y=40),
        ),
        "js.pdf": (documents / "found/pdfjs_js-authors.pdf").read_bytes(),
        **{kind: _picture(kind) for kind in ("png", "jpeg", "gif", "bmp", "tiff", "webp")},
    }


def containers() -> dict[str, bytes]:
    """Files that hold others: taken apart, not read."""
    inner = make_zip(("c.txt", b"hello"), ("d.csv", b"a;b\n1;2\n"))
    return {"zip": make_zip(("a.txt", b"x" * 500), ("d/i.zip", inner)), "eml": _mail(), "msg": message()}


def message() -> bytes:
    """An Outlook message with an attachment."""
    return make_ole(make_msg(body="Total: 5", html=b"<p>x", attached={"a.csv": b"a;b\n1;2\n"}))


def _mail() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@example.org", "Rechnung für März"
    mail.set_content("Total: 5,00 €")
    mail.add_alternative("<p>Total</p>", subtype="html")
    mail.add_attachment(b"a;b\n1;2\n", maintype="text", subtype="csv", filename="a.csv")
    return mail.as_bytes()


def _picture(kind: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (24, 16), "white").save(target, format=kind)
    return target.getvalue()
