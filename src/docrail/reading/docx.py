"""DOCX: paragraphs and tables in order with their addresses; hidden runs kept apart; nothing outside is fetched."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from docrail.core.model import Hidden, Issue, Layout, Source
from docrail.reading.grid import Grid, GridCell
from docrail.reading.limits import Terms
from docrail.reading.package import Package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DOCUMENT = "word/document.xml"
_OFF = ("0", "false", "off")
_TINY_HALF_POINTS = 3


@dataclass(slots=True)
class _Found:
    grid: Grid = field(default_factory=Grid)
    hidden: list[Hidden] = field(default_factory=list)
    characters: int = 0


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a Word file as one page: headers, the body, then foot- and endnotes and footers."""
    package = Package(data, limits=terms.limits)
    body = package.tree(_DOCUMENT).find(f"{_W}body")
    around = sorted(set(package.related(_DOCUMENT).values()))
    found = _Found()
    for kind, part in around:
        if kind == "header":
            _read_blocks(package.tree(part), f"/{_stem(part)}", found=found)
    if body is not None:
        _read_blocks(body, "/body", found=found)
    for kind, part in around:
        if kind in ("footnotes", "endnotes", "footer"):
            _read_blocks(package.tree(part), f"/{_stem(part)}", found=found)
        elif kind == "comments":
            _hide(_plain(package.tree(part)), reason="comment", found=found)
    page = found.grid.page(number=1, source=Source.MARKUP, hidden=found.hidden)
    issues = (
        (Issue(code="hidden_text", message="Text that nobody can see was set apart."),)
        if found.hidden
        else ()
    )
    return Layout(media_type=media_type, pages=(page,), issues=issues)


def _read_blocks(parent: etree._Element, path: str, *, found: _Found) -> None:
    counts: dict[str, int] = {}
    for child in parent:
        if not isinstance(child.tag, str):
            continue
        name = child.tag.removeprefix(_W)
        counts[name] = counts.get(name, 0) + 1
        address = f"{path}/{name}[{counts[name]}]"
        if name == "p":
            _add_paragraph(child, address, found=found)
        elif name == "tbl":
            found.grid.add_table(
                [_read_row(row, f"{address}/tr[{at}]", found=found) for at, row in _rows(child)]
            )
        elif name in ("sdt", "sdtContent", "footnote", "endnote", "ins", "smartTag", "customXml"):
            _read_blocks(child, address, found=found)


def _add_paragraph(paragraph: etree._Element, address: str, *, found: _Found) -> None:
    text = _visible(paragraph, found=found)
    for line in text.split("\n"):
        found.grid.add_text(line, address=address)
    for at, box in enumerate(paragraph.iter(f"{_W}txbxContent"), start=1):
        if next(box.iterancestors(_FALLBACK), None) is None:
            _read_blocks(box, f"{address}/txbxContent[{at}]", found=found)


def _rows(table: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    return enumerate((row for row in table.iter(f"{_W}tr") if _nearest(row, "tbl") is table), start=1)


def _read_row(row: etree._Element, address: str, *, found: _Found) -> list[GridCell]:
    cells = []
    for at, cell in enumerate((c for c in row.iter(f"{_W}tc") if _nearest(c, "tr") is row), start=1):
        paragraphs = [_visible(paragraph, found=found) for paragraph in cell.iter(f"{_W}p")]
        text = "\n".join(line for line in paragraphs if line.strip())
        cells.append(GridCell(text=text, address=f"{address}/tc[{at}]", span=_span(cell)))
    return cells


def _nearest(element: etree._Element, name: str) -> etree._Element | None:
    return next(element.iterancestors(f"{_W}{name}"), None)


def _span(cell: etree._Element) -> int:
    span = cell.find(f"{_W}tcPr/{_W}gridSpan")
    value = span.get(f"{_W}val", "") if span is not None else ""
    return min(max(int(value), 1), 100) if value.isascii() and value.isdigit() else 1


def _visible(paragraph: etree._Element, *, found: _Found) -> str:
    """The text of a paragraph's own runs; hidden ones go apart."""
    parts = []
    for run in paragraph.iter(f"{_W}r"):
        if _nearest(run, "p") is not paragraph or next(run.iterancestors(f"{_W}del"), None) is not None:
            continue
        text = "".join(_run_text(run))
        reason = _why_hidden(run)
        if reason is None:
            parts.append(text)
        else:
            _hide(text, reason=reason, found=found)
    return "".join(parts)


def _run_text(run: etree._Element) -> Iterator[str]:
    for child in run:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag == f"{_W}tab":
            yield "\t"
        elif child.tag in (f"{_W}br", f"{_W}cr"):
            yield "\n"
        elif child.tag == f"{_W}noBreakHyphen":
            yield "-"


def _why_hidden(run: etree._Element) -> str | None:
    style = run.find(f"{_W}rPr")
    if style is None:
        return None
    vanish = style.find(f"{_W}vanish")
    if vanish is not None and vanish.get(f"{_W}val", "1") not in _OFF:
        return "hidden run"
    size = _value(style, "sz")
    if size.isdigit() and int(size) <= _TINY_HALF_POINTS:
        return "tiny text"
    if _value(style, "color").upper() == "FFFFFF" and not _is_shaded(run):
        return "white text"
    return None


def _value(style: etree._Element, name: str) -> str:
    element = style.find(f"{_W}{name}")
    return element.get(f"{_W}val", "") if element is not None else ""


def _is_shaded(run: etree._Element) -> bool:
    """Whether the run, its paragraph, cell or table has a background or an own style that may give one."""
    marks = ("rPr", "pPr", "tcPr", "tblPr")
    holders = (run, *run.iterancestors(f"{_W}p", f"{_W}tc", f"{_W}tbl"))
    return any(
        holder.find(f"{_W}{mark}/{_W}{kind}") is not None
        for holder in holders
        for mark in marks
        for kind in ("shd", "highlight", "tblStyle")
    )


def _hide(text: str, *, reason: str, found: _Found) -> None:
    if text.strip():
        found.hidden.append(Hidden(text=" ".join(text.split()), reason=reason))


def _plain(root: etree._Element) -> str:
    return " ".join(element.text or "" for element in root.iter(f"{_W}t"))


def _stem(part: str) -> str:
    return part.rpartition("/")[2].removesuffix(".xml")
