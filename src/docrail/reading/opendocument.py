"""What OpenDocument files share: their parts, their styles, and paragraphs as a person sees them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from docrail.core.errors import DocumentError
from docrail.core.model import Hidden
from docrail.reading.colour import BLACK, WHITE, Colour, looks_same, parse_colour
from docrail.reading.limits import Limits
from docrail.reading.package import Package, encrypted

_NS = "{urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, TEXT, TABLE = f"{_NS}office:1.0}}", f"{_NS}text:1.0}}", f"{_NS}table:1.0}}"
STYLE, DRAW, SHOW = f"{_NS}style:1.0}}", f"{_NS}drawing:1.0}}", f"{_NS}presentation:1.0}}"
FO, SVG = f"{_NS}xsl-fo-compatible:1.0}}", f"{_NS}svg-compatible:1.0}}"
Styles = tuple[tuple[str, str | None], ...]
_MANIFEST = "META-INF/manifest.xml"
_MOST_PARENTS = 30
_MOST_SPACES = 200
_APART = {f"{OFFICE}annotation": "comment", f"{TEXT}hidden-text": "hidden text"}
_SKIPPED = frozenset(
    {f"{TEXT}note-citation", f"{OFFICE}annotation-end", f"{TEXT}ruby-text", f"{DRAW}frame", f"{SVG}title"}
    | {f"{SVG}desc", f"{TEXT}tracked-changes"}
)


@dataclass(slots=True, kw_only=True)
class Book:
    """An OpenDocument file: its content, the properties of its styles, and what was found hidden so far.

    `paper` is what is behind text where no style says it; None: unknown, as on a slide.
    """

    package: Package
    content: etree._Element
    styles: dict[tuple[str, str], etree._Element]
    hidden: list[Hidden] = field(default_factory=list)
    paper: Colour | None = WHITE
    reasons: dict[Styles, str | None] = field(default_factory=dict)

    def body(self, kind: str) -> etree._Element:
        """The element `office:<kind>` of the body. DocumentError if there is none."""
        body = self.content.find(f"{OFFICE}body/{OFFICE}{kind}")
        if body is None:
            raise DocumentError("The OpenDocument file has no content: save it again.", code="unreadable")
        return body

    def hide(self, text: str, *, reason: str) -> None:
        """Keep `text` apart."""
        if text.strip():
            self.hidden.append(Hidden(text=" ".join(text.split()), reason=reason))

    def style_value(self, family: str, name: str | None, properties: str, key: str) -> str:
        """What a style or the nearest of those it is based on says for `key`; empty if none does."""
        for _ in range(_MOST_PARENTS):
            style = self.styles.get((family, name or ""))
            if style is None:
                return ""
            found = style.find(f"{STYLE}{properties}")
            if found is not None and (value := found.get(key)):
                return value
            name = style.get(f"{STYLE}parent-style-name")
        return ""


def open_book(data: bytes, *, limits: Limits) -> Book:
    """The file as parts. DocumentError if it is damaged or has a password."""
    package = Package(data, limits=limits)
    if "encrypted-package" in package.names or (
        _MANIFEST in package.names and b"encryption-data" in package.read(_MANIFEST)
    ):
        raise encrypted()
    content = package.tree("content.xml")
    roots = [package.tree("styles.xml")] if "styles.xml" in package.names else []
    styles = {
        (style.get(f"{STYLE}family", ""), style.get(f"{STYLE}name", "")): style
        for root in (*roots, content)
        for style in root.iter(f"{STYLE}style")
    }
    return Book(package=package, content=content, styles=styles)


def visible(paragraph: etree._Element, *, book: Book, inside: Styles = ()) -> str:
    """The text of a paragraph as a person sees it; hidden parts and comments go apart.

    `inside` are the styles of what the paragraph stands in, nearest first: a cell, its row, its table.
    """
    styles = (("paragraph", paragraph.get(f"{TEXT}style-name")), *inside)
    return "".join(_pieces(paragraph, book=book, styles=styles))


def _pieces(element: etree._Element, *, book: Book, styles: Styles) -> Iterator[str]:
    """Texts in order; two frames for each level, and parsing allows 256 levels."""
    reason = _why_unseen(book, styles)
    for text, child in ((element.text, None), *((child.tail, child) for child in element)):
        if child is not None and isinstance(child.tag, str):
            yield from _child_pieces(child, book=book, styles=styles)
        if text and reason:
            book.hide(text, reason=reason)
        elif text:
            yield text


def _child_pieces(child: etree._Element, *, book: Book, styles: Styles) -> Iterator[str]:
    if child.tag == f"{TEXT}s":
        count = child.get(f"{TEXT}c", "1")
        yield " " * (min(int(count[:6]), _MOST_SPACES) if count.isascii() and count.isdigit() else 1)
    elif child.tag == f"{TEXT}tab":
        yield "\t"
    elif child.tag == f"{TEXT}line-break":
        yield "\n"
    elif child.tag in _APART:
        book.hide(child.get(f"{TEXT}string-value") or all_text(child), reason=_APART[child.tag])
    elif child.tag == f"{TEXT}hidden-paragraph" or child.tag in _SKIPPED:
        return
    elif child.tag == f"{TEXT}note":
        yield f" {all_text(child.find(f'{TEXT}note-body'))} "
    elif child.tag == f"{TEXT}span":
        yield from _pieces(child, book=book, styles=(("text", child.get(f"{TEXT}style-name")), *styles))
    else:
        yield from _pieces(child, book=book, styles=styles)


def all_text(element: etree._Element | None) -> str:
    """Every text inside `element`, seen or not, paragraphs apart."""
    if element is None:
        return ""
    paragraphs = list(element.iter(f"{TEXT}p", f"{TEXT}h"))
    return " ".join(str(text) for each in paragraphs or [element] for text in each.itertext())


def _why_unseen(book: Book, styles: Styles) -> str | None:
    if styles not in book.reasons:
        book.reasons[styles] = _find_reason(book, styles)
    return book.reasons[styles]


def _find_reason(book: Book, styles: Styles) -> str | None:
    def find(key: str) -> str:
        values = (book.style_value(family, name, "text-properties", key) for family, name in styles)
        return next((value for value in values if value), "")

    if find(f"{TEXT}display") == "none":
        return "hidden text"
    if _is_tiny(find(f"{FO}font-size")):
        return "tiny text"
    colour = parse_colour(find(f"{FO}color")) or BLACK
    behind = parse_colour(find(f"{FO}background-color")) or _behind(book, styles)
    same = behind is not None and looks_same(colour, behind)
    return "text in the colour of its background" if same else None


def _behind(book: Book, styles: Styles) -> Colour | None:
    found = (
        parse_colour(book.style_value(family, name, f"{family}-properties", f"{FO}background-color"))
        for family, name in styles
    )
    return next((colour for colour in found if colour is not None), book.paper)


def _is_tiny(size: str) -> bool:
    try:
        return bool(size) and size.endswith("pt") and float(size[:-2]) <= 1.5
    except ValueError:
        return False
