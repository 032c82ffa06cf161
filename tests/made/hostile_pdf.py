"""Hostile PDFs, written object by object: loops, bombs, impossible pages, things that would run or fetch."""

import zlib
from collections.abc import Iterator, Sequence

PASSWORDS = "/etc/passwd"
SEEN = b"BT /F1 12 Tf 50 700 Td (Invoice NW-2601) Tj ET"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
A4 = b"/MediaBox[0 0 595 842]"


def write_pdf(objects: Sequence[bytes]) -> bytes:
    """A file of these objects, numbered from 1; the first is the catalog."""
    out, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + end


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%b>>stream\n%b\nendstream" % (len(data), more, data)


def page(
    content: bytes = SEEN,
    *,
    box: bytes = A4,
    more: bytes = b"",
    catalog: bytes = b"",
    others: Sequence[bytes] = (),
) -> bytes:
    """A file of one page; `others` are objects from number 6 on."""
    return write_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog,
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R%b%b>>" % (box, more),
            stream(content),
            FONT,
            *others,
        ]
    )


def hostile_pdfs(port: int) -> Iterator[tuple[str, bytes]]:
    """PDFs of every kind that would loop, expand, run or fetch something."""
    yield from _impossible_pages()
    yield from _loops()
    yield from _bombs()
    yield from _actions(f"http://127.0.0.1:{port}/x".encode())


def _impossible_pages() -> Iterator[tuple[str, bytes]]:
    boxes = {
        "nan": b"[NaN NaN NaN NaN]",
        "turned-over": b"[595 842 0 0]",
        "endless": b"[0 0 1e38 99999999999999999999]",
        "none": b"[0 0 0 0]",
        "letters": b"[(a)(b)]",
    }
    for name, box in boxes.items():
        yield f"box-{name}.pdf", page(box=b"/MediaBox" + box)
    yield "unit.pdf", page(more=b"/UserUnit 1000000000/Rotate 45")
    yield "cropped-away.pdf", page(more=b"/CropBox[5000 5000 6000 6000]")
    yield "far-text.pdf", page(SEEN + b" BT /F1 12 Tf 99999999999 -99999999999 Td (far) Tj ET")
    yield "huge-text.pdf", page(SEEN + b" BT /F1 99999999999 Tf 50 700 Td (big) Tj ET")


def _loops() -> Iterator[tuple[str, bytes]]:
    catalog = b"<</Type/Catalog/Pages 2 0 R>>"
    yield "page-loop.pdf", write_pdf([catalog, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2/Parent 2 0 R>>"])
    pages = [b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 9999999>>", b"<</Type/Pages/Kids[2 0 R]/Parent 2 0 R>>"]
    yield "kids-loop.pdf", write_pdf([catalog, *pages])
    widget = b"<</Type/Annot/Subtype/Widget/Parent 6 0 R/Rect[0 0 100 10]/Kids[6 0 R]/T(a)>>"
    form = b"/AcroForm<</Fields[6 0 R]>>"
    yield "field-loop.pdf", page(more=b"/Annots[6 0 R]", catalog=form, others=[widget])
    named = b"".join(b"/Y%d 6 0 R" % number for number in range(200))
    drawn = stream(
        b"/Y0 Do " * 3, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<<%b>>>>" % named
    )
    yield (
        "form-loop.pdf",
        page(
            SEEN + b" /Y0 Do", more=b"/Resources<</XObject<<%b>>/Font<</F1 5 0 R>>>>" % named, others=[drawn]
        ),
    )


def _bombs() -> Iterator[tuple[str, bytes]]:
    packed = zlib.compress(zlib.compress(b"0 0 m " * 5_000_000, 9), 9)
    yield (
        "packed.pdf",
        page(others=[stream(packed, b"/Filter[/FlateDecode/FlateDecode]")]).replace(
            b"/Contents 4", b"/Contents 6"
        ),
    )
    objects = zlib.compress(b"1 0 " * 10 + b"[ " * 200_000 + b" " * 20_000_000, 9)
    yield (
        "objects.pdf",
        page(others=[stream(objects, b"/Type/ObjStm/N 1000000000/First 10/Filter/FlateDecode")]),
    )
    notes = b" ".join(
        b"<</Type/Annot/Subtype/Text/Rect[0 0 10 10]/Contents(c%d)>>" % number for number in range(30_000)
    )
    yield "notes.pdf", page(more=b"/Annots[%b]" % notes)
    fields = b" ".join(
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(f%d)/V(v%d)/Rect[0 0 100 10]>>" % (number, number)
        for number in range(5_000)
    )
    yield "fields.pdf", page(more=b"/Annots[%b]" % fields, catalog=b"/AcroForm<</Fields[]>>")
    yield "squares.pdf", page(SEEN + b" 10 10 12 12 re S" * 1_000)
    yield (
        "many-pages.pdf",
        page().replace(b"Kids[3 0 R]/Count 1", b"Kids[%b]/Count 20000" % (b"3 0 R " * 20_000)),
    )
    names = b"/Names<</EmbeddedFiles<</Names[(../../evil.xml)6 0 R]>>>>"
    held = stream(zlib.compress(b"<Invoice>" + b" " * 50_000_000, 9), b"/Filter/FlateDecode")
    yield (
        "attached.pdf",
        page(catalog=names, others=[b"<</Type/Filespec/F(../../evil.xml)/EF<</F 7 0 R>>>>", held]),
    )


def _actions(away: bytes) -> Iterator[tuple[str, bytes]]:
    script = b"/OpenAction<</S/JavaScript/JS(app.launchURL\\('%b'\\); while\\(1\\);)>>" % away
    yield "script.pdf", page(catalog=script + b"/AA<</WC<</S/Launch/F(/bin/sh)>>>>")
    yield "open.pdf", page(catalog=b"/OpenAction<</S/URI/URI(%b)>>" % away)
    yield "other-file.pdf", page(catalog=b"/OpenAction<</S/GoToR/F(%b)/D[0/Fit]>>" % PASSWORDS.encode())
    outside = b"<</Length 0/F(%b)>>stream\n\nendstream" % PASSWORDS.encode()
    yield "outside.pdf", page(others=[outside]).replace(b"/Contents 4", b"/Contents 6")
