"""Every span of a document that may be a field's value, by the kind of the field."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from docrail.core.model import Layout
from docrail.core.parsing import find_dates
from docrail.phases.extraction.blocks import Block, find_blocks
from docrail.phases.extraction.checkboxes import find_choices
from docrail.phases.extraction.currencies import find_currencies
from docrail.phases.extraction.figures import find_figures, find_totals
from docrail.phases.extraction.hints import Hints, read_hints
from docrail.phases.extraction.identifiers import (
    find_bics,
    find_codes,
    find_emails,
    find_ibans,
    find_phones,
    find_urls,
    find_vat_ids,
)
from docrail.phases.extraction.items import find_item_rows
from docrail.phases.extraction.labels import normal_label
from docrail.phases.extraction.lexicon import Kind
from docrail.phases.extraction.parties import name_parties
from docrail.phases.extraction.places import find_in_blocks
from docrail.phases.extraction.segments import Segment, Sheet, read_sheets
from docrail.phases.extraction.spans import Context, Found, Place, Span
from docrail.phases.extraction.stacks import find_stacks
from docrail.phases.extraction.wanted import Wanted

_IN_TEXT: dict[Kind, Callable[[str], Iterator[Found]]] = {
    Kind.CODE: find_codes,
    Kind.VAT: find_vat_ids,
    Kind.IBAN: find_ibans,
    Kind.BIC: find_bics,
    Kind.EMAIL: find_emails,
    Kind.URL: find_urls,
    Kind.PHONE: find_phones,
    Kind.CURRENCY: find_currencies,
}
_FIGURES = {Kind.AMOUNT, Kind.NUMBER, Kind.INTEGER, Kind.PERCENT}
_PLACES = {Kind.ADDRESS, Kind.STREET, Kind.POSTCODE, Kind.CITY}
_OWN_AT_LEAST = 0.85


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A document as the extractor sees it: sheets, address blocks, conventions.

    `totals` are net, tax and gross where they add up. Spans by kind are kept once found.
    """

    sheets: tuple[Sheet, ...]
    blocks: tuple[Block, ...]
    hints: Hints
    totals: tuple[float, float, float] | None
    sheet_at: Mapping[int, Sheet]
    blocks_on: Mapping[int, tuple[Block, ...]]
    item_rows: frozenset[tuple[int, int]]
    block_lines: frozenset[tuple[int, int, int]]
    contexts: dict[tuple[int, int, int, int, Place], tuple[Context, ...]] = field(default_factory=dict)
    surroundings: dict[tuple[int, ...], dict[str, float]] = field(default_factory=dict)
    _kept: dict[tuple[Kind, str | None], tuple[Span, ...]] = field(default_factory=dict)

    @property
    def segments(self) -> Iterator[Segment]:
        return (segment for sheet in self.sheets for segment in sheet.segments)

    def sheet_of(self, span: Span) -> Sheet:
        """The page that `span` stands on."""
        return self.sheet_at[span.segment.page]

    def spans_for(self, wanted: Wanted) -> tuple[Span, ...]:
        """Every span that may be the value of `wanted`, before any label is looked at."""
        if wanted.kind in (Kind.BOOLEAN, Kind.ENUM):
            return tuple(find_choices(self.segments, wanted))
        key = (wanted.kind, wanted.field.locale)
        if key not in self._kept:
            self._kept[key] = tuple(self._find(wanted.kind, locale=wanted.field.locale))
        found = self._kept[key]
        if wanted.kind in (Kind.TEXT, Kind.NAME, Kind.COUNTRY, *_PLACES):
            return (*found, *self._after_labels(wanted))
        return found

    @cached_property
    def stacks(self) -> tuple[Span, ...]:
        """Runs of lines that stand close under one another: what only a learned extractor can tell apart."""
        return tuple(span for sheet in self.sheets for span in find_stacks(sheet))

    def _find(self, kind: Kind, *, locale: str | None) -> Iterator[Span]:
        if kind in _PLACES or kind is Kind.NAME:
            yield from find_in_blocks(self.blocks, kind)
        for segment in self.segments:
            for found in self._find_in(segment, kind, locale=locale):
                yield Span.of(segment, found)

    def _find_in(self, segment: Segment, kind: Kind, *, locale: str | None) -> Iterator[Found]:
        if kind in _IN_TEXT:
            return _IN_TEXT[kind](segment.text)
        if kind is Kind.DATE:
            return self._find_dates(segment.text, locale=locale)
        if kind in _FIGURES:
            return self._find_figures(segment.text, locale=locale)
        return find_names(segment.text) if kind is Kind.NAME else _whole_and_rest(segment.text)

    def _find_figures(self, text: str, *, locale: str | None) -> Iterator[Found]:
        dates = [(start, end) for start, end, *_ in find_dates(text, locale=locale)]
        for found in find_figures(text, locale=locale or self.hints.decimals):
            if not any(found.start < end and start < found.end for start, end in dates):
                yield found

    def _find_dates(self, text: str, *, locale: str | None) -> Iterator[Found]:
        for start, end, iso, undecided in find_dates(text, locale=locale):
            found = Found(start=start, end=end, text=text[start:end], value=iso)
            if not undecided:
                yield found
                continue
            for again, _, other, _ in find_dates(text, locale=self.hints.dates):
                if again == start:
                    note, doubt = self.hints.dates_because, self.hints.dates_doubt
                    yield replace(found, value=other, note=note, doubt=doubt)

    def _after_labels(self, wanted: Wanted) -> Iterator[Span]:
        """What follows a label without a colon: `Ship To Fabrikam`."""
        for segment in self.segments:
            words = segment.text.split()
            if not wanted.may_begin(normal_label(words[0])):
                continue
            for size in range(1, min(5, len(words))):
                label = " ".join(words[:size])
                if words[size - 1].endswith(":") or wanted.own(normal_label(label)) < _OWN_AT_LEAST:
                    continue
                if size + 1 < len(words) and wanted.own(normal_label(" ".join(words[: size + 1]))) >= 0.95:
                    continue
                rest = segment.text[len(label) :].lstrip(" :-–")
                start = len(segment.text) - len(rest)
                if rest and not rest[0].islower():
                    yield Span.of(segment, Found(start=start, end=len(segment.text), text=rest, value=rest))


def read_document(layout: Layout) -> Reading:
    """`layout` made ready for the extractor."""
    sheets = read_sheets(layout)
    texts = [segment.text for sheet in sheets for segment in sheet.segments]
    blocks = name_parties([block for sheet in sheets for block in find_blocks(sheet)], sheets)
    hints = read_hints(texts)
    return Reading(
        sheets=sheets,
        blocks=blocks,
        hints=hints,
        totals=find_totals(texts, locale=hints.decimals),
        sheet_at={sheet.number: sheet for sheet in sheets},
        blocks_on=_by_page(blocks),
        item_rows=frozenset(row for sheet in sheets for row in find_item_rows(sheet)),
        block_lines=frozenset((line.page, line.row, line.column) for block in blocks for line in block.lines),
    )


def _by_page(blocks: Sequence[Block]) -> Mapping[int, tuple[Block, ...]]:
    pages: dict[int, list[Block]] = defaultdict(list)
    for block in blocks:
        pages[block.lines[0].page].append(block)
    return {number: tuple(found) for number, found in pages.items()}


def find_names(text: str) -> Iterator[Found]:
    """A segment and what stands behind its colons, also without a register number in brackets at the end.

    >>> [found.text for found in find_names("Seller: Khiam SDN BHD (88842-H)")]
    ['Seller: Khiam SDN BHD', 'Khiam SDN BHD']
    """
    for found in _whole_and_rest(text):
        bare = re.sub(r"\s*\([^)]*\d[^)]*\)$|[\s,;]+$", "", found.text)
        if bare:
            yield replace(found, end=found.start + len(bare), text=bare, value=bare)


def _whole_and_rest(text: str) -> Iterator[Found]:
    """A segment as a whole, and what stands behind its colons."""
    if text.rstrip().endswith(":"):
        return
    yield Found(start=0, end=len(text), text=text, value=text)
    for colon in re.finditer(r":\s*(?=\S)", text):
        if not text[colon.end() - 1 :].startswith((":/", "://")) and colon.start() > 0:
            rest = text[colon.end() :]
            yield Found(start=colon.end(), end=len(text), text=rest, value=rest)
