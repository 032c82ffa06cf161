"""Office files and OpenDocument files, made part by part."""

import io
import zipfile

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ODF = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "style": "style",
        "draw": "drawing",
        "fo": "xsl-fo-compatible",
        "svg": "svg-compatible",
        "presentation": "presentation",
    }.items()
)


def make_package(**parts: str | bytes) -> bytes:
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


def paragraph(text: str, style: str = "") -> str:
    return f"<w:p><w:r><w:rPr>{style}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


def make_docx(body: str, *, styles: str = "", start: str = "", **parts: str) -> bytes:
    relations = dict.fromkeys(parts)
    targets = {name: f"{name}:{name}.xml" for name in relations}
    if styles:
        targets["styles"] = "styles:styles.xml"
        parts["styles"] = f"<w:styles {W}>{styles}</w:styles>"
    return make_package(
        **{
            "word/document.xml": f"{start}<w:document {W}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": make_relations(**targets),
            **{f"word/{name}.xml": content for name, content in parts.items()},
        }
    )


def make_xlsx(
    rows: str,
    *,
    state: str = "visible",
    columns: str = "",
    after: str = "",
    styles: str = "",
    related: dict[str, str] | None = None,
) -> bytes:
    """A workbook with one sheet; `related` are parts of the sheet: `kind` -> content."""
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": (
            f'<workbook {S} {R}><sheets><sheet name="One" state="{state}" r:id="r1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": make_relations(r1="worksheet:sheet1.xml", r2="styles:styles.xml"),
        "xl/styles.xml": f"<styleSheet {S}>{styles}</styleSheet>",
        "xl/sheet1.xml": f"<worksheet {S}>{columns}<sheetData>{rows}</sheetData>{after}</worksheet>",
    }
    for kind, content in (related or {}).items():
        parts[f"xl/{kind}1.xml"] = content
    if related:
        parts["xl/_rels/sheet1.xml.rels"] = make_relations(
            **{kind: f"{kind}:{kind}1.xml" for kind in related}
        )
    return make_package(**parts)


def shape(text: str, top: int, *, left: int = 0, name: str = "", run: str = "") -> str:
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="a" {name}/></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="100" cy="100"/></a:xfrm></p:spPr>'
        f"<p:txBody><a:p><a:r><a:rPr {run}/><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def make_pptx(slide: str, *, attributes: str = "", notes: str = "note") -> bytes:
    return make_package(
        **{
            "ppt/presentation.xml": (
                f'<p:presentation {P} {R}><p:sldIdLst><p:sldId r:id="r1"/></p:sldIdLst>'
                '<p:sldSz cx="9000" cy="6000"/></p:presentation>'
            ),
            "ppt/_rels/presentation.xml.rels": make_relations(r1="slide:slides/s1.xml"),
            "ppt/slides/s1.xml": f"<p:sld {P} {A} {attributes}>{slide}</p:sld>",
            "ppt/slides/_rels/s1.xml.rels": make_relations(n="notesSlide:../n.xml"),
            "ppt/n.xml": f"<p:notes {P} {A}><a:t>{notes}</a:t></p:notes>",
        }
    )


def make_open_document(kind: str, body: str, *, styles: str = "", start: str = "", **parts: str) -> bytes:
    """`kind` is `text`, `spreadsheet` or `presentation`."""
    content = (
        f"{start}<office:document-content {ODF}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    return make_package(
        mimetype=f"application/vnd.oasis.opendocument.{kind}", **{"content.xml": content}, **parts
    )
