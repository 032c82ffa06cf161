"""Which runs of a Word file a person does not see, and why: by their own format or that of their styles."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from docrail.reading.colour import WHITE, Colour, looks_same, parse_colour
from docrail.reading.package import Package

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFF = ("0", "false", "off")
_TINY_HALF_POINTS = 3
_MOST_STYLES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """The styles of the file by their ids."""

    by_id: dict[str, etree._Element] = field(default_factory=dict)

    def chain(self, name: str) -> Iterator[etree._Element]:
        """The style `name` and those it is based on, nearest first."""
        seen: set[str] = set()
        while name in self.by_id and name not in seen and len(seen) < _MOST_STYLES:
            seen.add(name)
            style = self.by_id[name]
            yield style
            name = value(style, "basedOn")


def read_styles(package: Package, document: str) -> Styles:
    """The styles that belong to the part `document`."""
    part = next((part for kind, part in package.related(document).values() if kind == "styles"), None)
    if part is None:
        return Styles()
    root = package.tree(part)
    return Styles(by_id={style.get(f"{W}styleId", ""): style for style in root.iterchildren(f"{W}style")})


def why_hidden(run: etree._Element, paragraph: etree._Element, *, styles: Styles) -> str | None:
    """The reason why nobody sees `run` of `paragraph`, or None."""
    for ancestor in run.iterancestors(f"{W}del", f"{W}moveFrom"):
        return "tracked deletion" if ancestor.tag == f"{W}del" else "moved away"
    formats = list(_formats(run, paragraph, styles=styles))
    vanish = next((found for each in formats if (found := each.find(f"{W}vanish")) is not None), None)
    if vanish is not None and vanish.get(f"{W}val", "1") not in _OFF:
        return "hidden run"
    size = next((size for each in formats if (size := value(each, "sz"))), "")
    if size.isascii() and size.isdigit() and int(size) <= _TINY_HALF_POINTS:
        return "tiny text"
    return _why_colour_hides(run, formats, styles=styles)


def value(parent: etree._Element, name: str) -> str:
    """The value of a child that holds only one: `<w:sz w:val="2"/>`; empty without it."""
    element = parent.find(f"{W}{name}")
    return element.get(f"{W}val", "") if element is not None else ""


def _formats(run: etree._Element, paragraph: etree._Element, *, styles: Styles) -> Iterator[etree._Element]:
    """What formats a run, strongest first: itself, its style, the style of its paragraph."""
    own = run.find(f"{W}rPr")
    if own is not None:
        yield own
        yield from _style_formats(value(own, "rStyle"), styles=styles)
    around = paragraph.find(f"{W}pPr")
    if around is not None:
        yield from _style_formats(value(around, "pStyle"), styles=styles)


def _style_formats(name: str, *, styles: Styles) -> Iterator[etree._Element]:
    for style in styles.chain(name):
        form = style.find(f"{W}rPr")
        if form is not None:
            yield form


def _why_colour_hides(run: etree._Element, formats: list[etree._Element], *, styles: Styles) -> str | None:
    colour = parse_colour(next((found for each in formats if (found := value(each, "color"))), ""))
    if colour is None:
        return None
    behind = _background(run, styles=styles)
    if behind is None or not looks_same(colour, behind):
        return None
    return "white text" if behind == WHITE else "text in the colour of its background"


def _background(run: etree._Element, *, styles: Styles) -> Colour | None:
    """What is behind a run: the nearest shading, else white; None where a table style may give one."""
    marks = ("rPr", "pPr", "tcPr", "tblPr")
    for holder in (run, *run.iterancestors(f"{W}p", f"{W}tc", f"{W}tbl")):
        for form in (found for mark in marks if (found := holder.find(f"{W}{mark}")) is not None):
            if form.find(f"{W}highlight") is not None or form.find(f"{W}tblStyle") is not None:
                return None
            for each in (form, *_paragraph_styles(form, styles=styles)):
                shade = each.find(f"{W}shd")
                if shade is not None and (fill := parse_colour(shade.get(f"{W}fill", ""))):
                    return fill
    return WHITE


def _paragraph_styles(form: etree._Element, *, styles: Styles) -> Iterator[etree._Element]:
    for style in styles.chain(value(form, "pStyle")):
        inner = style.find(f"{W}pPr")
        if inner is not None:
            yield inner
