"""PPTX: a slide a page, texts from top to bottom, tables as tables; notes and hidden slides are kept apart."""

from dataclasses import dataclass

from lxml import etree

from docrail.core.model import Hidden, Issue, Layout, Page, Source
from docrail.reading.grid import Grid, GridCell
from docrail.reading.limits import Terms
from docrail.reading.package import Package

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PRESENTATION = "ppt/presentation.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A shape with text: where its top left is (EMU), its paragraphs or its table, and whether it is hidden."""

    top: int
    left: int
    element: etree._Element
    is_hidden: bool


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a presentation."""
    package = Package(data, limits=terms.limits)
    slides = _find_slides(package)
    pages = tuple(
        _read_slide(package, slide, number=number)
        for number, slide in enumerate(slides[: terms.limits.pages], start=1)
    )
    issues = []
    if len(slides) > len(pages):
        message = f"Only the first {len(pages)} of {len(slides)} slides were read: split the file or raise the limit."
        issues.append(Issue(code="pages_not_read", message=message))
    return Layout(media_type=media_type, pages=pages, issues=tuple(issues))


def _find_slides(package: Package) -> list[str]:
    related = package.related(_PRESENTATION)
    ids = [item.get(f"{_R}id", "") for item in package.tree(_PRESENTATION).iter(f"{_P}sldId")]
    return [related[item][1] for item in ids if item in related]


def _read_slide(package: Package, part: str, *, number: int) -> Page:
    slide = package.tree(part)
    grid, hidden = Grid(), _read_notes(package, part)
    if slide.get("show") in ("0", "false"):
        hidden.append(Hidden(text=_text(slide), reason="hidden slide"))
        return grid.page(number=number, source=Source.MARKUP, hidden=hidden)
    for at, shape in enumerate(
        sorted(_find_shapes(slide), key=lambda shape: (shape.top, shape.left)), start=1
    ):
        if shape.is_hidden:
            hidden.append(Hidden(text=_text(shape.element), reason="hidden shape"))
        else:
            _add_shape(grid, shape.element, f"/slide[{number}]/shape[{at}]")
    return grid.page(number=number, source=Source.MARKUP, hidden=[item for item in hidden if item.text])


def _read_notes(package: Package, part: str) -> list[Hidden]:
    notes = [target for kind, target in package.related(part).values() if kind == "notesSlide"]
    return [Hidden(text=_text(package.tree(target)), reason="speaker notes") for target in notes]


def _find_shapes(slide: etree._Element) -> list[_Shape]:
    shapes = []
    for element in slide.iter(f"{_P}sp", f"{_P}graphicFrame"):
        place = next(element.iter(f"{_A}off"), None)
        if place is None:
            place = next(element.iter(f"{_P}off"), None)
        name = next(element.iter(f"{_P}cNvPr"), None)
        shapes.append(
            _Shape(
                top=_number(place, "y"),
                left=_number(place, "x"),
                element=element,
                is_hidden=name is not None and name.get("hidden") in ("1", "true"),
            )
        )
    return shapes


def _number(element: etree._Element | None, name: str) -> int:
    value = element.get(name, "0") if element is not None else "0"
    return int(value) if value.lstrip("-").isdigit() else 0


def _add_shape(grid: Grid, shape: etree._Element, address: str) -> None:
    table = next(shape.iter(f"{_A}tbl"), None)
    if table is not None:
        grid.add_table(
            [_read_row(row, f"{address}/tr[{at}]") for at, row in enumerate(table.iter(f"{_A}tr"), 1)]
        )
        return
    for at, paragraph in enumerate(shape.iter(f"{_A}p"), start=1):
        for line in _paragraph(paragraph).split("\n"):
            if line.strip():
                grid.add_text(line, address=f"{address}/p[{at}]")


def _read_row(row: etree._Element, address: str) -> list[GridCell]:
    cells = []
    for at, cell in enumerate(row.iter(f"{_A}tc"), start=1):
        text = "\n".join(_paragraph(paragraph) for paragraph in cell.iter(f"{_A}p"))
        cells.append(GridCell(text=text, address=f"{address}/tc[{at}]"))
    return cells


def _paragraph(paragraph: etree._Element) -> str:
    parts = []
    for element in paragraph.iter(f"{_A}t", f"{_A}br", f"{_A}tab"):
        parts.append("\n" if element.tag == f"{_A}br" else element.text or "\t")
    return "".join(parts)


def _text(root: etree._Element) -> str:
    return " ".join(" ".join(element.text or "" for element in root.iter(f"{_A}t")).split())
