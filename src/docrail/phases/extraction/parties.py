"""Whose an address is when no label says so: the seller tells how to reach and pay him, the buyer does not."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from docrail.core.model import Box
from docrail.phases.extraction.blocks import COMPANY, Block
from docrail.phases.extraction.segments import Segment, Sheet

_OF_SELLER = re.compile(
    r"@|www\.|https?:|\b(?:tel|phone|fon|fax|mobil|ust|vat|tva|btw|gst|hr[ab]|kvk|siren|siret|iban|bic|swift|n° tva)\b",
    re.IGNORECASE,
)
_LINES_NEAR = 14


def name_parties(blocks: Sequence[Block], sheets: Sequence[Sheet]) -> tuple[Block, ...]:
    """`blocks` with `seller` and `buyer` filled in where the document makes it likely; `None` where it does not."""
    open_blocks = [block for block in blocks if block.party is None]
    if not open_blocks:
        return tuple(blocks)
    said = {block.party for block in blocks}
    evidence = {id(block): _evidence(block, sheets) for block in open_blocks}
    likely = max(open_blocks, key=lambda block: evidence[id(block)])
    seller = None if "seller" in said else likely
    if seller is not None and "buyer" not in said and evidence[id(seller)] <= 0 and len(open_blocks) > 1:
        seller = None
    names = {_name(block) for block in blocks if block.party == "seller"} | (
        {_name(seller)} if seller else set()
    )
    named, has_buyer = [], "buyer" in said
    for block in blocks:
        party = block.party
        if party is None and (block is seller or (_name(block) and _name(block) in names)):
            party = "seller"
        elif party is None and block.name and not has_buyer and names and evidence[id(block)] <= 0:
            party, has_buyer = "buyer", True
        named.append(replace(block, party=party))
    return tuple(named)


def party_near(segment: Segment, blocks: Sequence[Block]) -> str | None:
    """The party of the address that `segment` stands close under, in the same column."""
    best, gap = None, _LINES_NEAR * segment.height
    for block in blocks:
        last = block.lines[-1]
        below = segment.box.y0 - last.box.y0
        if (
            block.party
            and last.page == segment.page
            and 0 <= below < gap
            and _same_column(segment.box, last.box)
        ):
            best, gap = block.party, below
    return best


def _evidence(block: Block, sheets: Sequence[Sheet]) -> float:
    sheet = next(sheet for sheet in sheets if sheet.number == block.lines[0].page)
    last = block.lines[-1]
    reach = sum(_OF_SELLER.search(segment.text) is not None for segment in _close_below(sheet, last))
    name = _name(block)
    company = bool(name and COMPANY.search(name))
    foot = last.box.y0 > 0.8 * sheet.height
    return min(reach, 3) + 0.5 * company + 0.8 * foot - (0 if reach or foot else 0.6)


def _close_below(sheet: Sheet, segment: Segment) -> Iterator[Segment]:
    """The lines under `segment` in its column, up to a gap."""
    last = segment
    for below in islice(sheet.below(segment), 6):
        if below.box.y0 - last.box.y1 > 2.5 * segment.height:
            return
        if abs(below.box.x0 - segment.box.x0) < 3 * segment.height:
            yield below
        last = below


def _name(block: Block | None) -> str:
    return block.name.text.casefold() if block and block.name else ""


def _same_column(one: Box, other: Box) -> bool:
    return min(one.x1, other.x1) - max(one.x0, other.x0) > 0
