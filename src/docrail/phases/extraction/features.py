"""What the learned extractor sees of a candidate: the words round it, its shape, its place, its rank."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from docrail.core.model import Box
from docrail.phases.extraction.candidates import Reading
from docrail.phases.extraction.labels import normal_label
from docrail.phases.extraction.lexicon import Kind
from docrail.phases.extraction.scored import Scored
from docrail.phases.extraction.segments import Segment, Sheet
from docrail.phases.extraction.spans import Span
from docrail.phases.extraction.wanted import Wanted

Features = dict[str, float]
"""Feature → its strength (1 unless it is a figure such as the zero-shot score)."""

_WORDS_LEFT, _WORDS_BESIDE = 6, 4
_TEXTS = {Kind.TEXT, Kind.NAME, Kind.ADDRESS, Kind.STREET, Kind.CITY, Kind.COUNTRY, Kind.POSTCODE}
_SUMS = ("net", "tax", "gross")


def features_of(
    reading: Reading, wanted: Wanted, scored: Sequence[Scored], *, only: Iterable[int] | None = None
) -> list[Features]:
    """The features of every candidate of one document for one field (or of those at `only`), in their order."""
    ranks = _rank(scored)
    return [
        {
            **_surroundings(reading, one.span),
            **dict.fromkeys(_inside(one.span, wanted), 1.0),
            **dict.fromkeys(_among(reading, one.span, ranks, at), 1.0),
            "zero-shot": max(min(one.score, 1.5), -0.5),
            "label": one.label,
        }
        for at, one in ((at, scored[at]) for at in (range(len(scored)) if only is None else only))
    ]


def _surroundings(reading: Reading, span: Span) -> Features:
    """The words about a span and its place on the page: the same for every field, so worked out once."""
    key = (*span.place, span.segment.row, span.found.start)
    kept: dict[tuple[int, ...], Features] = reading.surroundings
    if key not in kept:
        sheet = reading.sheet_of(span)
        kept[key] = dict.fromkeys((*_beside(sheet, span), *_place_of(reading, sheet, span)), 1.0)
    return kept[key]


def _beside(sheet: Sheet, span: Span) -> Iterator[str]:
    left = _words(span.before)
    yield f"before:{' '.join(left[-3:])}"
    for segment in islice(sheet.left_of(span.segment), 3):
        left = [*_words(segment.text), *left]
        if len(left) >= _WORDS_LEFT:
            break
    for distance, word in enumerate(reversed(left[-_WORDS_LEFT:])):
        yield f"left:{word}"
        if distance < 3:
            yield f"left{distance}:{word}"
    if len(left) > 1:
        yield f"left2:{left[-2]} {left[-1]}"
    for where, segment in zip(("above", "above1"), sheet.above(span.segment, span.box), strict=False):
        words = _words(segment.text)
        yield f"{where}=:{' '.join(words[:6])}"
        yield from (f"{where}:{word}" for word in words[:_WORDS_BESIDE])
    row = sheet.rows[span.segment.row]
    if span.segment.column > 0:
        yield f"row:{' '.join(_words(row[0].text)[:4])}"
    behind = span.segment.text[span.found.end :] or (
        row[span.segment.column + 1].text if span.segment.column + 1 < len(row) else ""
    )
    yield from (f"right{at}:{word}" for at, word in enumerate(_words(behind)[:2]))
    below = next(_rows_below(sheet, span), None)
    words = _words(below.text) if below else []
    yield from (f"below:{word}" for word in words[:2])


def _rows_below(sheet: Sheet, span: Span) -> Iterator[Segment]:
    """The segments of the rows under a span that start near its left edge."""
    for row in sheet.rows[span.segment.row + 1 : span.segment.row + 9]:
        if row[0].box.y0 >= span.box.y1 - 0.5 * span.segment.height:
            yield min(row, key=lambda segment: abs(segment.box.x0 - span.box.x0))


def _place_of(reading: Reading, sheet: Sheet, span: Span) -> Iterator[str]:
    row, rows = span.segment.row, len(sheet.rows)
    yield f"top:{min(row, 12)}"
    yield f"end:{min(rows - row, 12)}"
    yield f"y:{int(10 * _share(span.box.y0, sheet.height))}"
    yield f"x:{int(4 * _share(span.box.x0, sheet.width))}"
    yield "page:first" if sheet.number == reading.sheets[0].number else "page:later"
    if sheet.number == reading.sheets[-1].number:
        yield "page:last"
    if (sheet.number, row) in reading.item_rows:
        yield "in:items"
    yield f"column:{min(span.segment.column, 4)}"


def _share(at: float, whole: float) -> float:
    return min(max(at / max(whole, 1.0), 0.0), 0.99)


def _inside(span: Span, wanted: Wanted) -> Iterator[str]:
    text = span.found.text
    yield f"shape:{shape_of(text)[:24]}"
    yield f"party:{span.party}"
    yield f"lines:{_lines_in(span.box, span.segment)}"
    if span.found.money:
        yield "is:money"
    if span.found.decimals:
        yield "is:decimals"
    words = _words(text)
    yield f"words:{min(len(words), 12)}"
    if wanted.kind in _TEXTS:
        yield from (f"says:{word}" for word in words[:12])
        yield from (f"{at}:{words[i]}" for at, i in (("begins", 0), ("ends", -1)) if words)
        yield f"capitals:{text.isupper()}"
        yield f"digits:{min(sum(sign.isdigit() for sign in text), 9)}"
        yield f"colon:{':' in text}"


def shape_of(text: str) -> str:
    """How a text looks: letters as `A` or `a`, runs of them once, digits as `9`.

    >>> shape_of("INV-2024/17 b")
    'A-9999/99 a'
    """
    return re.sub(r"[^\W\d_A-Z]+", "a", re.sub(r"[A-Z]+", "A", re.sub(r"\d", "9", text)))


def _lines_in(box: Box, segment: Segment) -> int:
    return min(round((box.y1 - box.y0) / segment.height), 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranks:
    """Where each candidate stands among those of its field: by order, by value and by zero-shot score."""

    by_value: dict[str, int]
    by_score: dict[int, int]
    counts: Counter[str]
    total: int


def _rank(scored: Sequence[Scored]) -> _Ranks:
    counts = Counter(str(one.span.found.value) for one in scored)
    values = {one.span.found.value for one in scored if isinstance(one.span.found.value, float)}
    texts = {one.span.found.value for one in scored if isinstance(one.span.found.value, str)}
    ordered = [*sorted(values, reverse=True), *sorted(texts)]
    best = sorted(range(len(scored)), key=lambda at: -scored[at].score)
    return _Ranks(
        by_value={str(value): at for at, value in enumerate(ordered)},
        by_score={at: rank for rank, at in enumerate(best)},
        counts=counts,
        total=len(ordered),
    )


def _among(reading: Reading, span: Span, ranks: _Ranks, at: int) -> Iterator[str]:
    value = str(span.found.value)
    rank = ranks.by_value.get(value, 0)
    yield f"order:{min(at, 9)}"
    yield f"rank:{min(rank, 6)}"
    yield f"rank-end:{min(ranks.total - rank, 4)}"
    yield f"score:{min(ranks.by_score[at], 6)}"
    yield f"times:{min(ranks.counts[value], 4)}"
    if reading.totals and span.found.value in reading.totals:
        yield f"sum:{_SUMS[reading.totals.index(span.found.value)]}"


def _words(text: str) -> list[str]:
    return [re.sub(r"\d", "0", word) for word in normal_label(text).split()]
