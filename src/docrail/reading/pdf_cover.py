"""Whether something may be painted over the words of a page: what was painted first, the parser does not tell."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from docrail.reading.lines import Run
from docrail.reading.pdf_parse import NativeBox, NativeGraphics

_MOST_SHAPES = 1500
_MOST_GROUNDS = 300
_NARROWEST, _LOWEST = 10.0, 4.0
_WIDER, _HIGHER = 1.6, 2.5
_DARK = 0x60


def may_be_covered(runs: Sequence[Run], graphics: NativeGraphics | None) -> bool:
    """Whether the page must be looked at: a run stands in a filled shape as dark as print is, or in one that is hardly
    larger than the run, as what is laid over a word to hide it. Larger light shapes are grounds of tables and pages.
    """
    if graphics is None:
        return False
    grounds = [
        (shape.bbox, _is_dark(shape.fill_color))
        for shape in islice(graphics.shapes, _MOST_SHAPES)
        if shape.fill and shape.bbox.width > _NARROWEST and shape.bbox.height > _LOWEST
    ][:_MOST_GROUNDS]
    return any(
        _holds(box, run) and (is_dark or _is_tight(box, run)) for box, is_dark in grounds for run in runs
    )


def _holds(ground: NativeBox, run: Run) -> bool:
    x, y = (run.x0 + run.x1) / 2, run.middle / 2
    return ground.x <= x <= ground.x + ground.width and ground.y <= y <= ground.y + ground.height


def _is_tight(ground: NativeBox, run: Run) -> bool:
    return ground.width < _WIDER * (run.x1 - run.x0) and ground.height < _HIGHER * (run.y1 - run.y0)


@lru_cache(maxsize=256)
def _is_dark(color: str | None) -> bool:
    """ARGB in hex: opaque and nearly black."""
    if not color or len(color) != 8:
        return False
    alpha, *channels = bytes.fromhex(color)
    return alpha > 200 and max(channels) < _DARK
