"""Rows of a page become blocks (paragraphs, addresses, headings), one column after another."""

from collections.abc import Sequence
from operator import attrgetter

from docrail.core.model import Block, Box
from docrail.reading.lines import Row, Run

_LINE_GAP = 0.7
_SAME_HEIGHT = 1.45
_MOST_BLOCKS = 200


class _Growing:
    """A block while lines are still added below; `bottom` and `height` are those of its last line."""

    __slots__ = ("height", "texts", "x0", "x1", "y0", "y1")

    def __init__(self, piece: Sequence[Run]) -> None:
        self.texts: list[str] = []
        self.x0, self.y0 = piece[0].x0, piece[0].y0
        self.x1, self.y1 = piece[-1].x1, piece[0].y1
        self.add(piece)

    def add(self, piece: Sequence[Run]) -> None:
        self.texts.append(" ".join([word.text for run in piece for word in run.words]))
        first, last = piece[0], piece[-1]
        self.x0 = first.x0 if first.x0 < self.x0 else self.x0
        self.x1 = last.x1 if last.x1 > self.x1 else self.x1
        self.y1 = first.y1 if first.y1 > self.y1 else self.y1
        self.height = first.y1 - first.y0

    def takes(self, piece: Sequence[Run]) -> bool:
        """Whether a line of this height, this near below, goes on with the block."""
        first = piece[0]
        height = first.y1 - first.y0
        low, high = (height, self.height) if height < self.height else (self.height, height)
        return (
            first.y0 - self.y1 < _LINE_GAP * low
            and high < _SAME_HEIGHT * low
            and first.x0 < self.x1
            and self.x0 < piece[-1].x1
        )

    @property
    def block(self) -> Block:
        box = Box(x0=round(self.x0, 2), y0=round(self.y0, 2), x1=round(self.x1, 2), y1=round(self.y1, 2))
        return Block(text="\n".join(self.texts), box=box)


def find_blocks(rows: Sequence[Row]) -> tuple[Block, ...]:
    """The blocks in reading order. Lines that stand close below one another in one column are one block."""
    done: list[_Growing] = []
    open_blocks: list[_Growing] = []
    for row in rows:
        pieces = row.pieces
        if not open_blocks:
            open_blocks = [_Growing(piece) for piece in pieces]
            done.extend(open_blocks)
            continue
        fitting = [[block for block in open_blocks if block.takes(piece)] for piece in pieces]
        taken = [block for blocks in fitting for block in blocks]
        fresh = []
        for piece, blocks in zip(pieces, fitting, strict=True):
            # Two blocks above one line, or two lines below one block, are columns that part or meet.
            if len(blocks) == 1 and taken.count(blocks[0]) == 1:
                blocks[0].add(piece)
            else:
                fresh.append(_Growing(piece))
        done.extend(fresh)
        lowest = row.y0 - 2 * (row.y1 - row.y0)
        open_blocks = [block for block in open_blocks if block.y1 > lowest] + fresh
    return tuple(block.block for block in order(done))


def order(blocks: Sequence[_Growing]) -> Sequence[_Growing]:
    """Reading order: columns from left to right where white space parts them, else bands from top to bottom."""
    if len(blocks) < 2 or len(blocks) > _MOST_BLOCKS:
        return sorted(blocks, key=attrgetter("y0", "x0"))
    columns = _cut(blocks, "x0", "x1")
    if len(columns) > 1:
        return [block for column in columns for block in order(column)]
    bands = _join(_cut(blocks, "y0", "y1"))
    if len(bands) > 1:
        return [block for band in bands for block in order(band)]
    return sorted(blocks, key=attrgetter("y0", "x0"))


def _cut(blocks: Sequence[_Growing], start: str, end: str) -> list[list[_Growing]]:
    """The blocks parted wherever nothing stands along one axis."""
    first, last = attrgetter(start), attrgetter(end)
    parts: list[list[_Growing]] = []
    reach = 0.0
    for block in sorted(blocks, key=first):
        if parts and first(block) < reach:
            parts[-1].append(block)
        else:
            parts.append([block])
        reach = max(reach, last(block))
    return parts


def _join(bands: list[list[_Growing]]) -> list[list[_Growing]]:
    """Bands one below another that share a gutter are parts of the same columns, so they are read together."""
    joined: list[list[_Growing]] = []
    for band in bands:
        if joined and _share_gutter(joined[-1], band):
            joined[-1].extend(band)
        else:
            joined.append(list(band))
    # One band again would never end.
    return joined if len(joined) > 1 else bands


def _share_gutter(above: Sequence[_Growing], below: Sequence[_Growing]) -> bool:
    if len(above) < 2 or len(below) < 2:
        return False
    return len(_cut(above, "x0", "x1")) > 1 and len(_cut([*above, *below], "x0", "x1")) > 1
