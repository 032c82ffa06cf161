"""PPTX: a slide a page, texts from top to bottom, tables as tables; notes, comments and what is hidden apart."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from docrail.core.model import Hidden, Layout, Page, Source
from docrail.reading.grid import Grid, GridCell
from docrail.reading.limits import Terms, cut_short
from docrail.reading.package import Package, unread_issues

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PRESENTATION = "ppt/presentation.xml"
_YES = ("1", "true")
_TINY_HUNDREDTHS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A shape with text: where its top left is (EMU), its paragraphs or its table, and why it is not seen."""

    top: int
    left: int
    element: etree._Element
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Show:
    """What all slides share: the package and the size of a slide (EMU; 0: unknown)."""

    package: Package
    width: int
    height: int


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a presentation."""
    package = Package(data, limits=terms.limits)
    part = package.main_part(_PRESENTATION)
    presentation = package.tree(part)
    related = package.related(part)
    ids = [item.get(f"{_R}id", "") for item in presentation.iter(f"{_P}sldId")]
    slides = [related[item][1] for item in ids if item in related]
    size = presentation.find(f"{_P}sldSz")
    show = _Show(package=package, width=_number(size, "cx"), height=_number(size, "cy"))
    pages = tuple(
        _read_slide(show, slide, number=number)
        for number, slide in enumerate(slides[: terms.limits.pages], start=1)
    )
    issues = unread_issues(package)
    if len(slides) > len(pages):
        message = f"Only the first {len(pages)} of {len(slides)} slides were read"
        issues = (
            *issues,
            cut_short(message, limits=terms.limits, name="pages", code="pages_not_read"),
        )
    return Layout(media_type=media_type, pages=pages, issues=issues)


def _read_slide(show: _Show, part: str, *, number: int) -> Page:
    slide = show.package.tree(part)
    grid, hidden = Grid(), list(_read_apart(show.package, part))
    if slide.get("show") in ("0", "false"):
        hidden.append(Hidden(text=_text(slide), reason="hidden slide"))
        return grid.page(number=number, source=Source.MARKUP, hidden=hidden)
    shapes = sorted(_find_shapes(slide, show), key=lambda shape: (shape.top, shape.left))
    for at, shape in enumerate(shapes, start=1):
        if shape.reason:
            hidden.append(Hidden(text=_text(shape.element), reason=shape.reason))
        else:
            _add_shape(grid, shape.element, f"/slide[{number}]/shape[{at}]", hidden=hidden)
    return grid.page(number=number, source=Source.MARKUP, hidden=[item for item in hidden if item.text])


def _read_apart(package: Package, part: str) -> Iterator[Hidden]:
    """Speaker notes and comments."""
    for kind, target in sorted(package.related(part).values()):
        if kind == "notesSlide":
            yield Hidden(text=_text(package.tree(target)), reason="speaker notes")
        elif kind == "comments":
            root = package.tree(target)
            older = " ".join(element.text or "" for element in root.iter(f"{_P}text"))
            yield Hidden(text=f"{older} {_text(root)}".strip(), reason="comment")


def _find_shapes(slide: etree._Element, show: _Show) -> Iterator[_Shape]:
    for element in slide.iter(f"{_P}sp", f"{_P}graphicFrame"):
        place = next(element.iter(f"{_A}off", f"{_P}off"), None)
        yield _Shape(
            top=_number(place, "y"),
            left=_number(place, "x"),
            element=element,
            reason=_why_hidden(element, place, show),
        )


def _why_hidden(element: etree._Element, place: etree._Element | None, show: _Show) -> str | None:
    groups = list(element.iterancestors(f"{_P}grpSp"))
    for holder in (element, *groups):
        name = next(holder.iter(f"{_P}cNvPr"), None)
        if name is not None and name.get("hidden") in _YES:
            return "hidden shape"
    if place is None or groups or not show.width or not show.height:
        # Places inside a group are in its own units.
        return None
    size = place.getnext()
    left, top = _number(place, "x"), _number(place, "y")
    right, bottom = left + _number(size, "cx"), top + _number(size, "cy")
    is_off = right <= 0 or bottom <= 0 or left >= show.width or top >= show.height
    return "off the page" if is_off else None


def _number(element: etree._Element | None, name: str) -> int:
    value = element.get(name, "0") if element is not None else "0"
    digits = value.removeprefix("-")
    return int(value) if digits.isascii() and digits.isdigit() and len(digits) < 16 else 0


def _add_shape(grid: Grid, shape: etree._Element, address: str, *, hidden: list[Hidden]) -> None:
    table = next(shape.iter(f"{_A}tbl"), None)
    if table is not None:
        rows = [
            _read_row(row, f"{address}/tr[{at}]", hidden=hidden)
            for at, row in enumerate(table.iter(f"{_A}tr"), start=1)
        ]
        form = table.find(f"{_A}tblPr")
        has_header = form is not None and form.get("firstRow") in _YES
        grid.add_table(rows, header_rows=1 if has_header else None)
        return
    for at, paragraph in enumerate(shape.iter(f"{_A}p"), start=1):
        for line in _paragraph(paragraph, hidden=hidden).split("\n"):
            if line.strip():
                grid.add_text(line, address=f"{address}/p[{at}]")


def _read_row(row: etree._Element, address: str, *, hidden: list[Hidden]) -> list[GridCell]:
    cells = []
    for at, cell in enumerate(row.iter(f"{_A}tc"), start=1):
        text = "\n".join(_paragraph(paragraph, hidden=hidden) for paragraph in cell.iter(f"{_A}p"))
        if cell.get("hMerge") in _YES or cell.get("vMerge") in _YES:
            hidden.append(Hidden(text=text.strip(), reason="merged cell"))
            continue
        span, high = (min(max(_number(cell, name), 1), 1000) for name in ("gridSpan", "rowSpan"))
        cells.append(GridCell(text=text, address=f"{address}/tc[{at}]", span=span, rows=high))
    return cells


def _paragraph(paragraph: etree._Element, *, hidden: list[Hidden]) -> str:
    parts = []
    for element in paragraph.iter(f"{_A}t", f"{_A}br", f"{_A}tab"):
        if element.tag != f"{_A}t":
            parts.append("\n" if element.tag == f"{_A}br" else "\t")
        elif reason := _why_unseen(element.getparent()):
            hidden.append(Hidden(text=element.text or "", reason=reason))
        else:
            parts.append(element.text or "")
    return "".join(parts)


def _why_unseen(run: etree._Element | None) -> str | None:
    form = run.find(f"{_A}rPr") if run is not None else None
    if form is None:
        return None
    size = _number(form, "sz")
    if 0 < size <= _TINY_HUNDREDTHS:
        return "tiny text"
    return "transparent text" if _is_transparent(form) else None


def _is_transparent(form: etree._Element) -> bool:
    if form.find(f"{_A}noFill") is not None and form.find(f"{_A}ln") is None:
        return True
    alpha = form.find(f"{_A}solidFill/*/{_A}alpha")
    return alpha is not None and alpha.get("val", "").isdigit() and _number(alpha, "val") <= 5000


def _text(root: etree._Element) -> str:
    return " ".join(" ".join(element.text or "" for element in root.iter(f"{_A}t")).split())
