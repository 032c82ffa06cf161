"""Where a page lists items: the rows between the header of the items and the totals."""

from collections.abc import Iterator, Sequence

from docrail.phases.extraction.labels import normal_label
from docrail.phases.extraction.lexicon import read_label
from docrail.phases.extraction.segments import Segment, Sheet

_OF_ITEMS = ("item_name", "quantity", "unit_price", "article", "unit")
_TOTALS = ("net_total", "gross_total", "tax_total", "amount_due", "subtotal", "shipping", "discount")
_CELLS_AT_MOST = 60
_GAP_AT_MOST = 6.0


def find_item_rows(sheet: Sheet) -> Iterator[tuple[int, int]]:
    """Page and row of every row that is an item, or a part of one."""
    last: Segment | None = None
    for at, row in enumerate(sheet.rows):
        if _is_items_header(row):
            last = row[0]
            continue
        if last is None:
            continue
        gap = row[0].box.y0 - last.box.y1
        if gap > _GAP_AT_MOST * max(last.height, 8.0) or totals_said(row) - {"subtotal"}:
            last = None
            continue
        last = row[0]
        yield sheet.number, at


def totals_said(row: Sequence[Segment]) -> set[str]:
    """The totals that a row announces; rows of many cells announce none."""
    words = next((segment.text for segment in row if any(sign.isalpha() for sign in segment.text)), "")
    label = " ".join(word for word in words.split() if not any(sign.isdigit() for sign in word))
    said = read_label(normal_label(label))
    least = 0.84 if len(row) <= 2 else 0.9
    sure = {concept for concept in _TOTALS if said.get(concept, 0.0) >= least} if len(row) <= 5 else set()
    return {"subtotal"} if said.get("subtotal", 0.0) >= 0.94 else sure


def _is_items_header(row: Sequence[Segment]) -> bool:
    if not 3 <= len(row) <= _CELLS_AT_MOST:
        return False
    said = [read_label(normal_label(segment.text)) for segment in row]
    return sum(max((one.get(name, 0.0) for name in _OF_ITEMS), default=0.0) >= 0.95 for one in said) >= 2
