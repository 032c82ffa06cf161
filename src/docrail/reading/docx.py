"""DOCX: paragraphs and tables in order with their addresses; hidden runs kept apart; nothing outside is fetched."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from docrail.core.model import Hidden, Issue, Layout, Source
from docrail.reading.docx_hidden import Styles, W, read_styles, value, why_hidden
from docrail.reading.grid import Grid, GridCell
from docrail.reading.limits import Terms
from docrail.reading.package import Package, unread_issues

_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DOCUMENT = "word/document.xml"
_OFF = ("0", "false", "off")
_CONTAINERS = ("sdt", "sdtContent", "footnote", "endnote", "ins", "moveTo", "smartTag", "customXml")


@dataclass(slots=True, kw_only=True)
class _Found:
    styles: Styles
    grid: Grid = field(default_factory=Grid)
    hidden: list[Hidden] = field(default_factory=list)

    def hide(self, text: str, *, reason: str) -> None:
        if text.strip():
            self.hidden.append(Hidden(text=" ".join(text.split()), reason=reason))


@dataclass(slots=True, kw_only=True)
class _Cell:
    """A cell of a row with its column, and how it is merged with the one above: `restart`, `continue` or not."""

    column: int
    shown: GridCell
    merge: str | None


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a Word file as one page: headers, the body, then foot- and endnotes and footers."""
    package = Package(data, limits=terms.limits)
    document = package.main_part(_DOCUMENT)
    body = package.tree(document).find(f"{W}body")
    around = sorted(set(package.related(document).values()))
    found = _Found(styles=read_styles(package, document))
    for kind, part in around:
        if kind == "header":
            _read_blocks(package.tree(part), f"/{_stem(part)}", found=found)
    if body is not None:
        _read_blocks(body, "/body", found=found)
    for kind, part in around:
        if kind in ("footnotes", "endnotes", "footer"):
            _read_blocks(package.tree(part), f"/{_stem(part)}", found=found)
        elif kind == "comments":
            found.hide(_plain(package.tree(part)), reason="comment")
    page = found.grid.page(number=1, source=Source.MARKUP, hidden=found.hidden)
    issues = unread_issues(package)
    if found.hidden:
        message = "Text that nobody can see, comments or tracked deletions were set apart."
        issues = (Issue(code="hidden_text", message=message), *issues)
    return Layout(media_type=media_type, pages=(page,), issues=issues)


def _read_blocks(parent: etree._Element, path: str, *, found: _Found) -> None:
    counts: dict[str, int] = {}
    for child in parent:
        if not isinstance(child.tag, str):
            continue
        name = child.tag.removeprefix(W)
        counts[name] = counts.get(name, 0) + 1
        address = f"{path}/{name}[{counts[name]}]"
        if name == "p":
            _add_paragraph(child, address, found=found)
        elif name == "tbl":
            _add_table(child, address, found=found)
        elif name in _CONTAINERS:
            _read_blocks(child, address, found=found)


def _add_paragraph(paragraph: etree._Element, address: str, *, found: _Found) -> None:
    text = _visible(paragraph, found=found)
    for line in text.split("\n"):
        found.grid.add_text(line, address=address)
    for at, box in enumerate(paragraph.iter(f"{W}txbxContent"), start=1):
        if next(box.iterancestors(_FALLBACK), None) is None:
            _read_blocks(box, f"{address}/txbxContent[{at}]", found=found)


def _add_table(table: etree._Element, address: str, *, found: _Found) -> None:
    elements = [row for row in table.iter(f"{W}tr") if _nearest(row, "tbl") is table]
    rows = [_read_row(row, f"{address}/tr[{at}]", found=found) for at, row in enumerate(elements, start=1)]
    marked = sum(_is_header(row) for row in elements)
    found.grid.add_table(_merge(rows, found=found), header_rows=marked or None)


def _is_header(row: etree._Element) -> bool:
    mark = row.find(f"{W}trPr/{W}tblHeader")
    return mark is not None and mark.get(f"{W}val", "1") not in _OFF


def _read_row(row: etree._Element, address: str, *, found: _Found) -> list[_Cell]:
    cells = []
    column = 0
    for at, cell in enumerate((c for c in row.iter(f"{W}tc") if _nearest(c, "tr") is row), start=1):
        paragraphs = [_visible(paragraph, found=found) for paragraph in cell.iter(f"{W}p")]
        text = "\n".join(line for line in paragraphs if line.strip())
        shown = GridCell(text=text, address=f"{address}/tc[{at}]", span=_span(cell))
        merge = cell.find(f"{W}tcPr/{W}vMerge")
        said = None if merge is None else merge.get(f"{W}val", "continue")
        cells.append(_Cell(column=column, shown=shown, merge=said))
        column += shown.span
    return cells


def _merge(rows: list[list[_Cell]], *, found: _Found) -> list[list[GridCell]]:
    """Cells merged downwards as one; what Word keeps in the merged ones is not shown by it."""
    above: dict[int, _Cell] = {}
    kept: list[list[_Cell]] = []
    for row in rows:
        line = []
        for cell in row:
            first = above.get(cell.column) if cell.merge == "continue" else None
            if first is not None and first.shown.span == cell.shown.span:
                first.shown = replace(first.shown, rows=first.shown.rows + 1)
                found.hide(cell.shown.text, reason="merged cell")
                continue
            above[cell.column] = cell
            line.append(cell)
        kept.append(line)
    return [[cell.shown for cell in line] for line in kept]


def _nearest(element: etree._Element, name: str) -> etree._Element | None:
    return next(element.iterancestors(f"{W}{name}"), None)


def _span(cell: etree._Element) -> int:
    form = cell.find(f"{W}tcPr")
    said = value(form, "gridSpan") if form is not None else ""
    return min(max(int(said[:9]), 1), 100) if said.isascii() and said.isdigit() else 1


def _visible(paragraph: etree._Element, *, found: _Found) -> str:
    """The text of a paragraph's own runs; hidden ones go apart."""
    parts = []
    for run in paragraph.iter(f"{W}r"):
        if _nearest(run, "p") is not paragraph:
            continue
        text = "".join(_run_text(run))
        if not text:
            continue
        reason = why_hidden(run, paragraph, styles=found.styles)
        if reason is None:
            parts.append(text)
        else:
            found.hide(text, reason=reason)
    return "".join(parts)


def _run_text(run: etree._Element) -> Iterator[str]:
    for child in run:
        if child.tag in (f"{W}t", f"{W}delText"):
            yield child.text or ""
        elif child.tag == f"{W}tab":
            yield "\t"
        elif child.tag in (f"{W}br", f"{W}cr"):
            yield "\n"
        elif child.tag == f"{W}noBreakHyphen":
            yield "-"


def _plain(root: etree._Element) -> str:
    return " ".join(element.text or "" for element in root.iter(f"{W}t"))


def _stem(part: str) -> str:
    return part.rpartition("/")[2].removesuffix(".xml")
