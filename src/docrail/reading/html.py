"""HTML: visible text only, block by block and table row by table row, on a grid; hidden text is kept apart."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from docrail.core.model import Hidden, Issue, Layout, Source
from docrail.reading.decode import decode
from docrail.reading.grid import Grid, GridCell
from docrail.reading.html_hidden import find_concealed, why_hidden
from docrail.reading.limits import Terms
from docrail.reading.text import cut_text

_SKIPPED = frozenset(
    {"script", "style", "noscript", "template", "head", "iframe", "object", "svg", "math", "canvas"}
)
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
    }
    | {"dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"header", "hr", "html", "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "select"}
    | {"summary", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr", "ul"}
)
_FIELDS = frozenset({"text", "email", "number", "date", "tel", "url", "search", ""})


@dataclass(slots=True)
class _Found:
    """What the walk has gathered so far."""

    grid: Grid = field(default_factory=Grid)
    hidden: list[Hidden] = field(default_factory=list)
    buffer: list[str] = field(default_factory=list)
    address: str = "/html/body"
    cells: int = 0


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a web page as one page. Nothing in it is run or fetched."""
    text, issues = _decode(data)
    text, cut = cut_text(text, terms=terms)
    tree = LexborHTMLParser(text)
    found = _Found()
    body = tree.body
    if body is not None:
        _walk(body, found=found, concealed=find_concealed(tree), terms=terms)
    over: tuple[Issue, ...] = ()
    if found.cells > terms.limits.cells:
        over = (
            Issue(code="cut_short", message=f"Tables beyond {terms.limits.cells:,} cells were not read."),
        )
    page = found.grid.page(number=1, source=Source.MARKUP, hidden=found.hidden)
    return Layout(media_type=media_type, pages=(page,), issues=(*issues, *cut, *over))


def _decode(data: bytes) -> tuple[str, tuple[Issue, ...]]:
    declared = re.search(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", data[:4096], re.I)
    if declared and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return data.decode(declared.group(1).decode("ascii")), ()
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def _walk(body: LexborNode, *, found: _Found, concealed: frozenset[int], terms: Terms) -> None:
    """Depth first without recursion: pages nest ten thousand elements deep."""
    stack: list[tuple[LexborNode | None, str]] = [(body, "/html/body")]
    while stack:
        node, path = stack.pop()
        if node is None:
            _flush(found, next_address=path)
        elif node.is_text_node:
            found.buffer.append(node.text_content or "")
        elif not node.is_element_node or node.tag in _SKIPPED:
            continue
        elif reason := why_hidden(node, concealed):
            _hide(node, reason=reason, found=found)
        else:
            stack.extend(_enter(node, path, found=found, concealed=concealed, terms=terms))
    _flush(found, next_address="")


def _enter(
    node: LexborNode, path: str, *, found: _Found, concealed: frozenset[int], terms: Terms
) -> list[tuple[LexborNode | None, str]]:
    """Handle an element and return what is to be visited inside it, last first."""
    if node.tag == "br":
        _flush(found, next_address=found.address)
        return []
    if node.tag == "input":
        found.buffer.append(_field_value(node))
        return []
    if node.tag == "table" and node.css_first("table table") is None and _is_leaf_table(node):
        _flush(found, next_address=path)
        _add_table(node, path, found=found, concealed=concealed, terms=terms)
        return []
    children: list[tuple[LexborNode | None, str]] = list(_children(node, path))
    if node.tag in _BLOCKS:
        _flush(found, next_address=path)
        children.append((None, path.rpartition("/")[0]))
    children.reverse()
    return children


def _children(node: LexborNode, path: str) -> Iterator[tuple[LexborNode, str]]:
    seen: dict[str, int] = {}
    child = node.child
    while child is not None:
        tag = child.tag or ""
        seen[tag] = seen.get(tag, 0) + 1
        yield child, f"{path}/{tag}[{seen[tag]}]"
        child = child.next


def _flush(found: _Found, *, next_address: str) -> None:
    text = " ".join("".join(found.buffer).split())
    if text:
        found.grid.add_text(text, address=found.address)
    found.buffer.clear()
    found.address = next_address


def _field_value(node: LexborNode) -> str:
    kind = (node.attributes.get("type") or "").lower()
    return f" {node.attributes.get('value') or ''} " if kind in _FIELDS else " "


def _hide(node: LexborNode, *, reason: str, found: _Found) -> None:
    text = " ".join(node.text(separator=" ").split()) or (node.attributes.get("value") or "")
    if text:
        found.hidden.append(Hidden(text=text, reason=reason))


def _is_leaf_table(node: LexborNode) -> bool:
    return len(node.css("table")) <= 1


def _add_table(
    node: LexborNode, path: str, *, found: _Found, concealed: frozenset[int], terms: Terms
) -> None:
    rows: list[list[GridCell]] = []
    for row, row_path in _find_rows(node, path, found=found, concealed=concealed):
        cells: list[GridCell] = []
        for cell, cell_path in _children(row, row_path):
            if cell.tag not in ("td", "th"):
                continue
            if reason := why_hidden(cell, concealed):
                _hide(cell, reason=reason, found=found)
                continue
            text = _cell_text(cell, found=found, concealed=concealed)
            cells.append(GridCell(text=text, address=cell_path, span=_span(cell)))
        found.cells += sum(cell.span for cell in cells)
        if found.cells > terms.limits.cells:
            break
        rows.append(cells)
    found.grid.add_table(rows)


def _find_rows(
    node: LexborNode, path: str, *, found: _Found, concealed: frozenset[int]
) -> Iterator[tuple[LexborNode, str]]:
    for child, child_path in _children(node, path):
        if not child.is_element_node or child.tag in _SKIPPED:
            continue
        if reason := why_hidden(child, concealed):
            _hide(child, reason=reason, found=found)
        elif child.tag == "tr":
            yield child, child_path
        elif child.tag in ("tbody", "thead", "tfoot"):
            yield from _find_rows(child, child_path, found=found, concealed=concealed)
        elif child.tag == "caption":
            found.grid.add_text(" ".join(child.text(separator=" ").split()), address=child_path)


def _cell_text(cell: LexborNode, *, found: _Found, concealed: frozenset[int]) -> str:
    """The visible text of a cell, its blocks apart by line breaks."""
    parts: list[str] = []
    stack: list[LexborNode | None] = [cell]
    while stack:
        node = stack.pop()
        if node is None:
            parts.append("\n")
        elif node.is_text_node:
            parts.append(" ".join(f"_{node.text_content or ''}_".split())[1:-1])
        elif not node.is_element_node or node.tag in _SKIPPED:
            continue
        elif reason := why_hidden(node, concealed):
            _hide(node, reason=reason, found=found)
        elif node.tag in ("br", "input"):
            parts.append("\n" if node.tag == "br" else _field_value(node))
        else:
            inner: list[LexborNode | None] = [child for child, _ in _children(node, "")]
            stack.extend([None, *reversed(inner), None] if node.tag in _BLOCKS else reversed(inner))
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _span(cell: LexborNode) -> int:
    value = cell.attributes.get("colspan") or ""
    return min(max(int(value), 1), 100) if value.isascii() and value.isdigit() else 1
