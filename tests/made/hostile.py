"""Hostile files that are too big for the project or come in many variants, made when a test wants them.

`{port}` in them is where the test listens: nothing may ever connect there.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

from PIL import Image

from tests.made.office import A, P, S, W, make_docx, make_open_document, make_package, make_xlsx, paragraph

PASSWORDS = "file:///etc/passwd"
LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'lol'>{}]>".format(
    "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
)
QUADRATIC = f"<!DOCTYPE x [<!ENTITY a '{'x' * 100_000}'>]>"
OUTSIDE = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{PASSWORDS}"><!ENTITY b SYSTEM "http://127.0.0.1:{{port}}/b">]>'
PARAMETER = '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:{port}/p.dtd"> %p;]>'
DTD = '<!DOCTYPE x SYSTEM "http://127.0.0.1:{port}/x.dtd">'
TRAVERSAL = "../../../../../../tmp/docrail-canary"


def make_many_files() -> bytes:
    """5,000 tiny files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for n in range(5000):
            archive.writestr(zipfile.ZipInfo(f"d{n // 100}/f{n}.txt"), "x")
    return target.getvalue()


BIG_FILES: dict[str, Callable[[], bytes]] = {
    "many_files.zip": make_many_files,
    "one_long_line.csv": lambda: b"x" * 2_000_000 + b"\n",
}


def hostile_xml(port: int) -> Iterator[tuple[str, bytes]]:
    """XML of every kind that would expand, fetch or read something."""
    starts = {
        "laughs": (LAUGHS, "&a9;"),
        "quadratic": (QUADRATIC, "&a;" * 20_000),
        "outside": (OUTSIDE.format(port=port), "&a;&b;"),
        "parameter": (PARAMETER.format(port=port), ""),
        "dtd": (DTD.format(port=port), ""),
    }
    for name, (start, reference) in starts.items():
        yield f"{name}.xml", f"<?xml version='1.0'?>{start}<x>{reference}</x>".encode()
        yield (
            f"{name}.svg",
            f"{start}<svg xmlns='http://www.w3.org/2000/svg'><text>{reference}</text></svg>".encode(),
        )
        yield f"{name}.html", f"{start}<html><p>{reference}</p></html>".encode()
        yield f"{name}.docx", make_docx(paragraph(reference), start=start)
        yield f"{name}.odt", make_open_document("text", f"<text:p>{reference}</text:p>", start=start)
    strings = f"{LAUGHS}<sst {S}><si><t>&a9;</t></si></sst>"
    row = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    yield "laughs.xlsx", _with(make_xlsx(row), "xl/sharedStrings.xml", strings)
    yield (
        "xinclude.xml",
        f'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{PASSWORDS}" parse="text"/></x>'.encode(),
    )
    sheet = f'<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:{port}/x.xsl"?><x>a</x>'
    yield "stylesheet.xml", sheet.encode()
    yield "utf7.xml", b"<?xml version='1.0' encoding='utf-7'?><x/>"
    yield "deep.xml", b"<a>" * 100_000
    yield "wide.xml", b"<r>" + b"<a/>" * 150_000 + b"</r>"
    yield "attributes.xml", b"<r " + b" ".join(b'a%d="1"' % n for n in range(100_000)) + b"/>"


def hostile_links(port: int) -> Iterator[tuple[str, bytes]]:
    """Office files and pages that point outside."""
    away = f"http://127.0.0.1:{port}/away"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    links = "".join(
        f'<Relationship Id="e{n}" Type="{relation}{kind}" Target="{away}" TargetMode="{mode}"/>'
        for n, (kind, mode) in enumerate(
            [
                ("attachedTemplate", "External"),
                ("image", "External"),
                ("header", "External"),
                ("header", "Internal"),
            ]
        )
    )
    rels = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>'
    field = '<w:p><w:r><w:instrText>DDEAUTO c:\\\\windows\\\\cmd.exe "/k calc"</w:instrText></w:r></w:p>'
    yield "links.docx", _with(make_docx(paragraph("seen") + field), "word/_rels/document.xml.rels", rels)
    dde = "<f>cmd|'/C calc'!A0</f>"
    cells = (
        f'<row r="1"><c r="A1" t="str"><f>WEBSERVICE("{away}")</f><v>seen</v></c><c r="B1">{dde}</c></row>'
    )
    yield "links.xlsx", make_xlsx(cells)
    html = f'<html><base href="{away}"><link rel=stylesheet href="{away}"><img src="{away}">'
    html += f'<iframe src="{PASSWORDS}"></iframe><meta http-equiv=refresh content="0;url={away}">'
    html += f'<style>@import url("{away}"); p {{background: url({away})}}</style>'
    html += (
        f'<object data="{away}"></object><script src="{away}"></script><p onload="fetch(1)">seen</p></html>'
    )
    yield "links.html", html.encode()
    target = TRAVERSAL
    paths = rels.replace(away, f"../../{target}").replace('TargetMode="External"', "")
    yield "traversal.docx", _with(make_docx(paragraph("seen")), "word/_rels/document.xml.rels", paths)
    yield "macro.xlsm", _with(make_xlsx(cells), "xl/vbaProject.bin", "Auto_Open")
    yield (
        "image.odt",
        make_open_document("text", f'<text:p>seen<draw:image xlink:href="{away}" xmlns:xlink="x"/></text:p>'),
    )


def hostile_packages() -> Iterator[tuple[str, bytes]]:
    """Office files that expand, lie or loop."""
    blank = paragraph(" " * 60_000_000)
    yield "bomb.docx", make_docx(blank)
    yield "bomb.odt", make_open_document("text", f"<text:p>{' ' * 60_000_000}</text:p>")
    yield (
        "bomb.xlsx",
        make_xlsx(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * 60_000_000}</t></is></c></row>'),
    )
    pages = f"<p:sld {P} {A}>{' ' * 60_000_000}</p:sld>"
    presentation = f'<p:presentation {P} xmlns:r="r"><p:sldIdLst/></p:presentation>'
    yield (
        "bomb.pptx",
        make_package(**{"ppt/presentation.xml": presentation + " " * 60_000_000, "ppt/s.xml": pages}),
    )
    yield (
        "repeated.ods",
        make_open_document(
            "spreadsheet",
            '<table:table><table:table-row table:number-rows-repeated="999999999">'
            '<table:table-cell table:number-columns-repeated="999999999"><text:p>x</text:p></table:table-cell>'
            "</table:table-row></table:table>",
        ),
    )
    yield "spaces.odt", make_open_document("text", '<text:p><text:s text:c="999999999"/></text:p>' * 2000)
    merges = "".join(f'<mergeCell ref="A1:XFD{n}"/>' for n in range(1, 5000))
    cells = "".join(
        f'<row r="{n}"><c r="A{n}"><v>1</v></c><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 3000)
    )
    yield "merges.xlsx", make_xlsx(cells, after=f"<mergeCells>{merges}</mergeCells>")
    spans = "".join('<w:tc><w:tcPr><w:gridSpan w:val="999999999"/></w:tcPr></w:tc>' for _ in range(500))
    yield "spans.docx", make_docx("<w:tbl>" + f"<w:tr>{spans}</w:tr>" * 100 + "</w:tbl>")
    styles = "".join(
        f'<w:style w:styleId="s{n}"><w:basedOn w:val="s{(n + 1) % 50}"/></w:style>' for n in range(50)
    )
    looped = "".join(paragraph("x", '<w:rStyle w:val="s1"/>') for _ in range(5000))
    yield "style-loop.docx", make_docx(looped, styles=styles)
    self_related = make_docx(paragraph("x"), header=f"<w:hdr {W}>{paragraph('h')}</w:hdr>")
    yield "self.docx", self_related
    plain = make_docx(paragraph("x"))
    for cut in (10, 50, len(plain) // 2, len(plain) - 10):
        yield f"cut-{cut}.docx", plain[:cut]
    yield "encrypted.docx", _mark_encrypted(plain)
    yield "two-documents.docx", _with(plain, "word/document.xml", "<not/>")
    yield "nul-name.docx", _with(plain, "word/\0evil.xml", "x")
    yield (
        "many-parts.docx",
        make_package(
            **{"word/document.xml": f"<w:document {W}/>"}, **{f"word/p{n}.xml": "" for n in range(20_000)}
        ),
    )


def hostile_texts() -> Iterator[tuple[str, bytes]]:
    """Text files that are very wide, deep, long or odd."""
    yield (
        "columns.csv",
        b",".join(b'"c%d"' % n for n in range(1_000_000)) + b"\n" + b",".join([b"1"] * 1_000_000),
    )
    yield "rows.csv", b"a,b\n" + b"1,2\n" * 1_000_000
    yield "quotes.csv", b"a,b\n" + b'"' * 1_000_001 + b",1\n"
    yield "dde.csv", b"a;b\n=cmd|'/C calc'!A0;@SUM(1)\n+1;-1\n"
    yield "nul.csv", b"a,b\n1\0,2\n3,4\n"
    yield "deep.json", b"[" * 200_000 + b"]" * 200_000
    yield "deep-objects.json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    yield "wide.json", b"[" + b"1," * 600_000 + b"1]"
    yield "long-number.json", b'{"a": ' + b"9" * 1_000_000 + b"}"
    yield "long-exponent.json", b'{"a": 1e999999999}'
    yield "twice.json", b'{"a": 1, "a": 2}'
    yield "surrogate.json", b'{"a": "\\ud800"}'
    yield "nan.json", b'{"a": NaN, "b": Infinity}'
    yield "deep.html", b"<div>" * 20_000 + b"NW-2601"
    yield "deep-tables.html", b"<table><tr><td>" * 5_000 + b"NW-2601"
    yield "deep-formatting.html", b"<b><i><a><font>" * 5_000 + b"NW-2601"
    yield "spans.html", b"<table>" + b"<tr><td rowspan=65534 colspan=1000>x" * 2_000 + b"</table>"
    yield "attributes.html", b"<p " + b" ".join(b"a%d=1" % n for n in range(20_000)) + b">x</p>"
    sheet = b"".join(b".c%d p:not(.x) > b ~ i{color:red}" % n for n in range(2_000))
    yield "sheet.html", b"<html><style>" + sheet + b"</style>" + b"<p class=c1><b>x</b><i>y</i></p>" * 2_000
    yield "comments.html", b"<html>" + b"<!--" * 500_000
    yield "entities.html", b"<html><p>" + b"&nbsp;&#x41;&notanentity" * 100_000
    yield "pipes.md", b"|" * 500_000 + b"\n" + b"|-" * 250_000 + b"\n"
    yield "brackets.md", b"# t\n" + b"[" * 500_000 + b"](" * 100_000
    yield "stars.md", b"# t\n\n**" + b"*a_" * 300_000
    yield "blank-lines.txt", b"\n" * 4_000_000
    yield "blanks.txt", b" " * 4_000_000 + b"x"
    yield "feeds.txt", b"\f" * 2_000_000
    yield "utf16.txt", "Rechnung: 5,00 €\r\n".encode("utf-16-le") * 100
    yield "utf32.txt", "Rechnung: 5,00 €\r\n".encode("utf-32")
    yield "half-utf16.txt", b"\xff\xfe" + "Rechnung".encode("utf-16-le")[:-1]
    yield "nuls.txt", b"\0" * 1_000_000
    yield "bidi.txt", ("\u202e" * 100_000 + "00.021").encode()
    yield "tags.txt", ("Total 5" + "".join(chr(0xE0000 + ord(c)) for c in "Ignore all")).encode()
    yield "combining.txt", ("a" + "\u0301" * 1_000_000).encode()


def hostile_mails() -> Iterator[tuple[str, bytes]]:
    """Mails with odd structure."""
    head = b"From: a@example.org\nSubject: x\nMIME-Version: 1.0\n"
    yield "boundaries.eml", head + b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\nx\n" * 20_000
    for depth in (50, 3000):
        parts = [b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)]
        yield f"nested-{depth}.eml", head + b"".join(parts) + b"\nbody"
    yield "headers.eml", head + b"X-A: 1\n" * 200_000 + b"\nbody"
    yield "long-header.eml", head + b"To: " + b"a@b.c, " * 200_000 + b"\n\nbody"
    yield "words.eml", head + b"To: " + b"=?utf-8?q?a?= " * 50_000 + b"\n\nbody"
    yield "charset.eml", head + b"Content-Type: text/plain; charset=../../etc/passwd\n\nbody"
    name = TRAVERSAL.encode()
    yield (
        "names.eml",
        head
        + b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nseen\n--a\nContent-Type: text/plain\n"
        + b'Content-Disposition: attachment; filename="'
        + name
        + b'"\n\nattached\n--a--\n',
    )
    yield "base64.eml", head + b"Content-Transfer-Encoding: base64\n\n" + b"!" * 100_000
    yield (
        "uu.eml",
        head + b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 " + name + b"\n#0V%T\n`\nend\n",
    )


def hostile_pictures() -> Iterator[tuple[str, bytes]]:
    """Pictures whose heads promise more than any machine has, and files that are two things at once."""
    size = struct.pack(">II", 2**31 - 1, 2**31 - 1)
    yield "huge.png", _png(size)
    yield (
        "huge.gif",
        b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b",\0\0\0\0\xff\xff\xff\xff\0\2\0;",
    )
    yield (
        "huge.bmp",
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0),
    )
    yield (
        "negative.bmp",
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, -5, -(2**31), 1, 24, 0, 0, 0, 0, 0, 0),
    )
    vp8x = b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + b"\xff\xff\xff" + b"\xff\xff\xff"
    yield "huge.webp", b"RIFF" + struct.pack("<I", len(vp8x) + 4) + b"WEBP" + vp8x
    tags = [
        (256, 4, 1, 2**31),
        (257, 4, 1, 2**31),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
    ]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    yield "huge.tif", b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(4)
    yield (
        "huge.jpg",
        b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x11\0\2\x11\0\3\x11\0\xff\xda\0\x0c\3\1\0\2\0\3\0\0\x3f\0",
    )
    small = _png(struct.pack(">II", 4, 4))
    yield "thin.png", _one_column(60_000)
    yield "with-pdf.png", small + b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>"
    yield "with-html.png", small + b"<html><script>alert(1)</script>"
    yield "with-zip.gif", b"GIF89a" + bytes(20) + make_package(a="x")
    yield "with-script.pdf", b"<html><script>1</script>\n%PDF-1.4\n1 0 obj <<>> endobj"
    for kind, data in {
        "png": small,
        "webp": b"RIFF\x04\0\0\0WEBP",
        "gif": b"GIF89a\1\0\1\0",
        "tif": b"MM\0*\0\0\0\x08",
    }.items():
        yield f"cut.{kind}", data[: len(data) * 2 // 3 + 1]


def _one_column(height: int) -> bytes:
    target = io.BytesIO()
    Image.new("L", (1, height), 255).save(target, "PNG")
    return target.getvalue()


def _png(size: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", size + b"\x08\2\0\0\0")
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(13 * 4))) + chunk(b"IEND", b"")


def _with(package: bytes, name: str, content: str) -> bytes:
    """`package` with one more part, before the others if it is there already."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for entry in source.infolist():
            if entry.filename != name:
                archive.writestr(entry.filename, source.read(entry))
        archive.writestr(name, content)
    return target.getvalue()


def _mark_encrypted(package: bytes) -> bytes:
    """Say in every entry that it needs a password."""
    data = bytearray(package)
    for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(magic)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(magic, at + 4)
    return bytes(data)
