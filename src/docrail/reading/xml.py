"""XML: the text of each element with its XPath, and the file itself as its machine-readable twin."""

import codecs
from collections.abc import Iterator

from lxml import etree

from docrail.core.errors import DocumentError
from docrail.core.model import Embedded, Issue, Layout, Source
from docrail.reading.decode import decode
from docrail.reading.grid import Grid
from docrail.reading.limits import Terms, cut_short


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of an XML file. Entities, DTDs and anything outside the file are never loaded."""
    root = parse(data)
    grid = Grid()
    issues: list[Issue] = []
    for count, (address, depth, line) in enumerate(_walk(root)):
        if count >= terms.limits.cells:
            message = f"Only the first {count:,} elements were read"
            issues.append(cut_short(message, limits=terms.limits, name="cells"))
            break
        grid.add_text(line, address=address, column=2 * depth)
    twin = Embedded(name=f"{_name(root)}.xml", media_type="application/xml", text=declared_text(data, root))
    page = grid.page(number=1, source=Source.MARKUP)
    return Layout(media_type=media_type, pages=(page,), embedded=(twin,), issues=tuple(issues))


def parse(data: bytes) -> etree._Element:
    """The root element, parsed without entities, network, DTD or huge trees; DocumentError otherwise."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        message = f"The XML is not well-formed ({error}): correct it or export it again."
        raise DocumentError(message, code="unreadable") from error
    return root


def declared_text(data: bytes, root: etree._Element) -> str:
    """XML bytes as text, by the encoding that their declaration names."""
    encoding = root.getroottree().docinfo.encoding
    try:
        return data.decode(codecs.lookup(encoding or "utf-8").name)
    except (LookupError, UnicodeDecodeError):
        return decode(data)[0]


def _walk(root: etree._Element) -> Iterator[tuple[str, int, str]]:
    """(XPath, depth, line) of every element with text of its own or children."""
    stack: list[tuple[etree._Element, str, int]] = [(root, f"/{_name(root)}", 0)]
    while stack:
        element, path, depth = stack.pop()
        text = " ".join("".join(_own_text(element)).split())
        label = _name(element)
        children = [child for child in element if isinstance(child.tag, str)]
        if text or children:
            yield path, depth, f"{label}: {text}".rstrip()
        steps = _steps(children)
        stack.extend((child, f"{path}/{step}", depth + 1) for child, step in reversed(steps))


def _own_text(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield child.tail or ""


def _steps(children: list[etree._Element]) -> list[tuple[etree._Element, str]]:
    """Each child with its step: the name, numbered where a sibling has the same name."""
    names = [_name(child) for child in children]
    seen: dict[str, int] = {}
    totals = {name: names.count(name) for name in set(names)} if len(names) < 100 else dict.fromkeys(names, 2)
    steps = []
    for child, name in zip(children, names, strict=True):
        seen[name] = seen.get(name, 0) + 1
        steps.append((child, f"{name}[{seen[name]}]" if totals[name] > 1 else name))
    return steps


def _name(element: etree._Element) -> str:
    # Every element reached has a name: comments and instructions are left out before.
    return str(element.tag).rpartition("}")[2]
