"""HTML: visible text only, block by block and table row by table row, on a grid; hidden text is kept apart."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from docrail.core.model import Hidden, Issue, Layout, Source
from docrail.reading.decode import decode
from docrail.reading.grid import Grid, GridCell
from docrail.reading.html_depth import check_depth
from docrail.reading.html_hidden import Look, enter
from docrail.reading.html_style import Style, read_sheets
from docrail.reading.limits import Terms, cut_short
from docrail.reading.text import cut_text

_SKIPPED = frozenset(
    {"script", "style", "noscript", "template", "head", "iframe", "object", "svg", "math", "canvas"}
    | {"audio", "video", "datalist", "noframes", "noembed"}
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
_LONGEST_PATH = 2000
_FIELDS = frozenset({"text", "email", "number", "date", "tel", "url", "search", ""})


@dataclass(slots=True, kw_only=True)
class _Found:
    """What the walk goes by, and what it has gathered so far."""

    sheets: dict[int, Style]
    outer_tables: frozenset[int]
    most_cells: int
    grid: Grid = field(default_factory=Grid)
    hidden: list[Hidden] = field(default_factory=list)
    buffer: list[str] = field(default_factory=list)
    address: str = "/html/body"
    cells: int = 0

    def hide(self, text: str, *, reason: str) -> None:
        text = " ".join(text.split())
        if text:
            self.hidden.append(Hidden(text=text, reason=reason))


_Step = tuple[LexborNode | None, str, Look]


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a web page as one page. Nothing in it is run or fetched."""
    text, issues = _decode(data)
    text, cut = cut_text(text, terms=terms)
    check_depth(text)
    tree = LexborHTMLParser(text)
    found = _Found(
        sheets=read_sheets(tree), outer_tables=_find_outer_tables(tree), most_cells=terms.limits.cells
    )
    if tree.body is not None:
        _walk(tree.body, found=found)
    over: tuple[Issue, ...] = ()
    if found.cells > terms.limits.cells:
        over = (cut_short("Only the first cells of its tables were read", limits=terms.limits, name="cells"),)
    if found.hidden:
        over = (*over, Issue(code="hidden_text", message="Text that nobody can see was set apart."))
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


def _find_outer_tables(tree: LexborHTMLParser) -> frozenset[int]:
    """Tables with a table inside: they only arrange the page, so their cells are read as blocks."""
    outer: set[int] = set()
    for inner in tree.css("table table"):
        parent = inner.parent
        while parent is not None and parent.tag != "table":
            parent = parent.parent
        if parent is not None:
            outer.add(parent.mem_id)
    return frozenset(outer)


def _walk(body: LexborNode, *, found: _Found) -> None:
    """Depth first without recursion: pages nest ten thousand elements deep."""
    stack: list[_Step] = [(body, "/html/body", Look())]
    while stack:
        node, path, look = stack.pop()
        if node is None:
            _flush(found, next_address=path)
        elif node.is_text_node:
            _add_text(node, look, found=found)
        elif node.is_element_node and node.tag not in _SKIPPED:
            inner, reason = enter(node, look, sheets=found.sheets)
            if reason:
                found.hide(_all_text(node), reason=reason)
            else:
                stack.extend(_enter(node, path, inner, found=found))
    _flush(found, next_address="")


def _add_text(node: LexborNode, look: Look, *, found: _Found) -> None:
    text = node.text_content or ""
    if reason := look.reason:
        found.hide(text, reason=reason)
    else:
        found.buffer.append(text)


def _enter(node: LexborNode, path: str, look: Look, *, found: _Found) -> list[_Step]:
    """Handle an element and return what is to be visited inside it, last first."""
    if node.tag == "br":
        _flush(found, next_address=found.address)
        return []
    if node.tag == "input":
        found.buffer.append(_field_value(node))
        return []
    if node.tag == "table" and node.mem_id not in found.outer_tables:
        _flush(found, next_address=path)
        _add_table(node, path, look, found=found)
        return []
    children: list[_Step] = [(child, child_path, look) for child, child_path in _children(node, path)]
    if node.tag in _BLOCKS:
        _flush(found, next_address=path)
        children.append((None, path.rpartition("/")[0], look))
    children.reverse()
    return children


def _children(node: LexborNode, path: str) -> Iterator[tuple[LexborNode, str]]:
    seen: dict[str, int] = {}
    child = node.child
    while child is not None:
        tag = child.tag or ""
        seen[tag] = seen.get(tag, 0) + 1
        # Very deep inside the path stops growing: it would take more memory than the page.
        yield child, f"{path}/{tag}[{seen[tag]}]" if len(path) < _LONGEST_PATH else path
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


def _all_text(node: LexborNode) -> str:
    return node.text(separator=" ").strip() or (node.attributes.get("value") or "")


def _add_table(node: LexborNode, path: str, look: Look, *, found: _Found) -> None:
    rows: list[list[GridCell]] = []
    header_rows = 0
    for row, row_path, row_look in _find_rows(node, path, look, found=found):
        cells: list[GridCell] = []
        is_header = True
        for cell, cell_path in _children(row, row_path):
            if cell.tag not in ("td", "th"):
                continue
            inner, reason = enter(cell, row_look, sheets=found.sheets)
            if reason:
                found.hide(_all_text(cell), reason=reason)
                continue
            is_header = is_header and cell.tag == "th"
            cells.append(
                GridCell(
                    text=_cell_text(cell, inner, found=found),
                    address=cell_path,
                    span=_count(cell, "colspan", most=100),
                    rows=_count(cell, "rowspan", most=65_534),
                )
            )
        found.cells += sum(cell.span for cell in cells)
        if found.cells > found.most_cells:
            break
        header_rows += bool(cells and is_header and header_rows == len(rows))
        rows.append(cells)
    found.grid.add_table(rows, header_rows=header_rows or None)


def _find_rows(
    node: LexborNode, path: str, look: Look, *, found: _Found
) -> Iterator[tuple[LexborNode, str, Look]]:
    for child, child_path in _children(node, path):
        if not child.is_element_node or child.tag in _SKIPPED:
            continue
        inner, reason = enter(child, look, sheets=found.sheets)
        if reason:
            found.hide(_all_text(child), reason=reason)
        elif child.tag == "tr":
            yield child, child_path, inner
        elif child.tag in ("tbody", "thead", "tfoot"):
            yield from _find_rows(child, child_path, inner, found=found)
        elif child.tag == "caption":
            found.grid.add_text(_cell_text(child, inner, found=found), address=child_path)


def _cell_text(cell: LexborNode, look: Look, *, found: _Found) -> str:
    """The visible text of a cell, its blocks apart by line breaks."""
    parts: list[str] = []
    stack: list[tuple[LexborNode | None, Look]] = [(child, look) for child, _ in _children(cell, "")]
    stack.reverse()
    while stack:
        node, around = stack.pop()
        if node is None:
            parts.append("\n")
        elif node.is_text_node:
            text = node.text_content or ""
            if reason := around.reason:
                found.hide(text, reason=reason)
            else:
                parts.append(" ".join(f"_{text}_".split())[1:-1])
        elif node.is_element_node and node.tag not in _SKIPPED:
            stack.extend(_enter_in_cell(node, around, parts=parts, found=found))
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _enter_in_cell(
    node: LexborNode, around: Look, *, parts: list[str], found: _Found
) -> list[tuple[LexborNode | None, Look]]:
    look, reason = enter(node, around, sheets=found.sheets)
    if reason:
        found.hide(_all_text(node), reason=reason)
        return []
    if node.tag in ("br", "input"):
        parts.append("\n" if node.tag == "br" else _field_value(node))
        return []
    inner: list[tuple[LexborNode | None, Look]] = [(child, look) for child, _ in _children(node, "")]
    inner.reverse()
    edge: list[tuple[LexborNode | None, Look]] = [(None, look)] if node.tag in _BLOCKS else []
    return [*edge, *inner, *edge]


def _count(cell: LexborNode, name: str, *, most: int) -> int:
    said = (cell.attributes.get(name) or "").strip()[:9]
    return min(max(int(said), 1), most) if said.isascii() and said.isdigit() else 1
