"""ODT: headings, paragraphs, lists and tables in order with their addresses; what is hidden is kept apart."""

from lxml import etree

from docrail.core.model import Issue, Layout, Source
from docrail.reading.grid import Grid, GridCell
from docrail.reading.limits import Terms
from docrail.reading.opendocument import DRAW, TABLE, TEXT, Book, all_text, open_book, visible
from docrail.reading.package import unread_issues

_CONTAINERS = frozenset(
    {f"{TEXT}list", f"{TEXT}list-item", f"{TEXT}list-header", f"{TEXT}section", f"{TEXT}index-body"}
    | {f"{TEXT}table-of-content", f"{TEXT}numbered-paragraph", f"{TEXT}index-title", f"{DRAW}text-box"}
)
_MOST_SPAN = 1000


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of an OpenDocument text as one page."""
    book = open_book(data, limits=terms.limits)
    grid = Grid()
    _read_blocks(book.body("text"), "/text", grid=grid, book=book)
    page = grid.page(number=1, source=Source.MARKUP, hidden=book.hidden)
    message = "Text that nobody can see, comments or tracked deletions were set apart."
    issues = (Issue(code="hidden_text", message=message),) if book.hidden else ()
    return Layout(media_type=media_type, pages=(page,), issues=(*issues, *unread_issues(book.package)))


def _read_blocks(parent: etree._Element, path: str, *, grid: Grid, book: Book) -> None:
    counts: dict[str, int] = {}
    for child in parent:
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child).localname
        counts[name] = counts.get(name, 0) + 1
        address = f"{path}/{name}[{counts[name]}]"
        if child.tag in (f"{TEXT}p", f"{TEXT}h"):
            _add_paragraph(child, address, grid=grid, book=book)
        elif child.tag == f"{TABLE}table":
            add_table(child, address, grid=grid, book=book)
        elif child.tag == f"{TEXT}tracked-changes":
            book.hide(all_text(child), reason="tracked deletion")
        elif child.tag == f"{TEXT}section" and child.get(f"{TEXT}display") in ("none", "condition"):
            book.hide(all_text(child), reason="hidden section")
        elif child.tag in _CONTAINERS:
            _read_blocks(child, address, grid=grid, book=book)


def _add_paragraph(paragraph: etree._Element, address: str, *, grid: Grid, book: Book) -> None:
    hiding = paragraph.find(f"{TEXT}hidden-paragraph")
    if hiding is not None and hiding.get(f"{TEXT}is-hidden", "true") != "false":
        book.hide(all_text(paragraph), reason="hidden paragraph")
        return
    for line in visible(paragraph, book=book).split("\n"):
        grid.add_text(line, address=address)
    for at, box in enumerate(paragraph.iter(f"{DRAW}text-box"), start=1):
        if next(box.iterancestors(f"{TEXT}p"), None) is paragraph:
            _read_blocks(box, f"{address}/text-box[{at}]", grid=grid, book=book)


def add_table(table: etree._Element, address: str, *, grid: Grid, book: Book) -> None:
    """A table with its header rows and merged cells."""
    rows = [row for row in table.iter(f"{TABLE}table-row") if _nearest_table(row) is table]
    marked = sum(_is_header(row) for row in rows)
    read_rows = [_read_row(row, f"{address}/row[{at}]", book=book) for at, row in enumerate(rows, start=1)]
    grid.add_table(read_rows, header_rows=marked or None)


def _read_row(row: etree._Element, address: str, *, book: Book) -> list[GridCell]:
    table = _nearest_table(row)
    name = f"{TABLE}style-name"
    around = (("table-row", row.get(name)), ("table", table.get(name) if table is not None else None))
    cells = []
    for at, cell in enumerate(row.iterchildren(f"{TABLE}table-cell"), start=1):
        inside = (("table-cell", cell.get(name)), *around)
        paragraphs = [visible(each, book=book, inside=inside) for each in cell.iter(f"{TEXT}p", f"{TEXT}h")]
        text = "\n".join(line for line in paragraphs if line.strip())
        span = _count(cell, f"{TABLE}number-columns-spanned")
        high = _count(cell, f"{TABLE}number-rows-spanned")
        cells.append(GridCell(text=text, address=f"{address}/cell[{at}]", span=span, rows=high))
    return cells


def _is_header(row: etree._Element) -> bool:
    parent = row.getparent()
    return parent is not None and parent.tag == f"{TABLE}table-header-rows"


def _nearest_table(row: etree._Element) -> etree._Element | None:
    return next(row.iterancestors(f"{TABLE}table"), None)


def _count(cell: etree._Element, name: str) -> int:
    said = cell.get(name, "1")[:9]
    return min(max(int(said), 1), _MOST_SPAN) if said.isascii() and said.isdigit() else 1
