"""Names, streets, postcodes, towns and whole addresses out of address blocks."""

import re
from collections.abc import Iterable, Iterator

from docrail.core.model import Word
from docrail.phases.extraction.blocks import Block, is_street, split_town
from docrail.phases.extraction.lexicon import Kind
from docrail.phases.extraction.segments import Segment
from docrail.phases.extraction.spans import Found, Span


def find_in_blocks(blocks: Iterable[Block], kind: Kind) -> Iterator[Span]:
    """What `blocks` hold of `kind`, with the party of each block."""
    for block in blocks:
        if kind is Kind.ADDRESS:
            yield _span(
                block, block.lines, " ".join(line.text for line in block.lines).rstrip(" ,"), prior=0.15
            )
        if kind is Kind.NAME and block.name is not None:
            yield _span(block, (block.name,), block.name.text, prior=0.1)
        if kind is Kind.STREET:
            streets = [line for line in block.lines if is_street(line.text)]
            yield from (_span(block, (line,), _street_in(line.text), prior=0.15) for line in streets[:1])
        if kind in (Kind.POSTCODE, Kind.CITY):
            yield from _find_town(block, kind)


def _find_town(block: Block, kind: Kind) -> Iterator[Span]:
    for line in block.lines:
        town = split_town(line.text)
        if town is not None:
            text = town[0] if kind is Kind.POSTCODE else town[1].strip(" |●•·∙▪")
            if text and text in line.text:
                yield _span(block, (line,), text, prior=0.15)
            return


def _street_in(text: str) -> str:
    parts = [part.strip() for part in re.split(r"[|●•·∙▪,]|\s[-–]\s", text)]
    return next((part for part in parts if is_street(part)), parts[0])


def _span(block: Block, lines: tuple[Segment, ...], text: str, *, prior: float) -> Span:
    first = lines[0]
    start = max(first.text.find(text), 0) if len(lines) == 1 else 0
    words: tuple[Word, ...] = tuple(word for line in lines for word in line.words)
    if len(lines) == 1:
        words = first.words_between(start, start + len(text)) or words
    end = start + len(text)
    found = Found(start=start, end=end, text=text, value=text, prior=prior)
    return Span.of_words(first, found, words=words, before="", party=block.party or "")
