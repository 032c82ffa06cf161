"""What a place in the document says: totals stand at the end, sellers at the top, dates have an order."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from docrail.phases.extraction.blocks import COMPANY
from docrail.phases.extraction.candidates import Reading
from docrail.phases.extraction.lexicon import Kind
from docrail.phases.extraction.parties import party_near
from docrail.phases.extraction.spans import Place, Span
from docrail.phases.extraction.wanted import Wanted

_SUMS = {"net_total": 0, "tax_total": 1, "gross_total": 2, "amount_due": 2}
_OF_DOCUMENT = {*_SUMS, "subtotal", "prepaid"}
_TITLE = re.compile(
    r"\b(?:invoice|receipt|cash bill|rechnung|facture|factura|fattura|factuur|bill|statement|order|copy|logo)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What all spans of a field say together, worked out once: the largest amount, the values in order with their
    counts, and the places of the first span and of the first one in an address."""

    largest: float
    counts: Counter[str]
    ordered: tuple[str, ...]
    first: Place | None
    first_in_block: Place | None


def look_at(spans: Sequence[Span]) -> Others:
    """What `spans` say together."""
    counts = Counter(str(span.found.value) for span in spans)
    return Others(
        largest=max((_money_of(span) for span in spans), default=0.0),
        counts=counts,
        ordered=tuple(sorted(counts)),
        first=spans[0].place if spans else None,
        first_in_block=next((span.place for span in spans if span.party is not None), None),
    )


def role_bonus(reading: Reading, wanted: Wanted, span: Span, others: Others) -> float:
    """What the place of `span` among `others` adds to its score for `wanted`."""
    if wanted.kind in _BY_KIND:
        return _BY_KIND[wanted.kind](reading, wanted, span, others)
    return 0.0


def _of_amount(reading: Reading, wanted: Wanted, span: Span, others: Others) -> float:
    bonus = 0.05 if span.found.decimals or span.found.money else -0.12
    if reading.totals and wanted.concept in _SUMS:
        fits = span.found.value == reading.totals[_SUMS[wanted.concept]]
        bonus += 0.2 if fits else -0.05
    if wanted.concept in _OF_DOCUMENT and (span.segment.page, span.segment.row) in reading.item_rows:
        bonus -= 0.3
    if wanted.concept in ("net_total", "tax_total", "subtotal"):
        bonus += 0.08 * _depth(reading, span)
    if wanted.concept not in ("gross_total", "amount_due"):
        return bonus
    if _money_of(span) > 0:
        bonus += 0.15 if _money_of(span) >= others.largest - 0.005 else 0.0
        bonus += 0.1 * _depth(reading, span)
    return bonus


def _of_date(reading: Reading, wanted: Wanted, span: Span, others: Others) -> float:
    bonus = 0.12
    if len(others.ordered) == 1 and wanted.concept in ("issue_date", None):
        bonus += 0.25
    if wanted.concept == "issue_date":
        bonus += 0.1 * (1 - _depth(reading, span))
    if wanted.concept in ("due_date", "period_end") and len(others.ordered) > 1:
        bonus += 0.06 if str(span.found.value) == others.ordered[-1] else 0.0
    return bonus


def _of_name(reading: Reading, wanted: Wanted, span: Span, others: Others) -> float:
    text = span.found.text
    bonus = _party_bonus(wanted, span)
    if wanted.concept != "seller_name" or span.before.strip():
        return bonus
    if _TITLE.search(text) or re.search(r"\d{3}|[:@]", text) or len(text) < 3:
        return bonus - 0.15
    company = COMPANY.search(text) is not None
    top = span.segment.page == reading.sheets[0].number and span.segment.row < 8
    bonus += 0.3 if company else 0.0
    if (span.segment.page, span.segment.row, span.segment.column) in reading.block_lines:
        bonus -= 0.4
    if top:
        bonus += 0.32 - 0.03 * span.segment.row + (0.1 if company else 0.0)
    bonus += 0.14 if span.party is not None and span.party != "buyer" else 0.0
    return bonus


def _of_place(reading: Reading, wanted: Wanted, span: Span, others: Others) -> float:
    bonus = _party_bonus(wanted, span)
    if span.party is None:
        return bonus
    if wanted.party != "buyer":
        bonus += 0.2 if span.place == others.first_in_block else 0.1
    return bonus


def _of_currency(reading: Reading, wanted: Wanted, span: Span, others: Others) -> float:
    share = others.counts[str(span.found.value)] / others.counts.total()
    return 0.35 * share + (0.05 if len(span.found.text) > 1 else 0.0)


def _of_contact(reading: Reading, wanted: Wanted, span: Span, others: Others) -> float:
    if wanted.party is None:
        return 0.0
    near = party_near(span.segment, reading.blocks_on.get(span.segment.page, ()))
    if near is not None:
        return 0.15 if near == wanted.party else -0.35
    return 0.05 if (wanted.party == "seller") == (span.place == others.first) else -0.1


def _party_bonus(wanted: Wanted, span: Span) -> float:
    if wanted.party is None or not span.party:
        return 0.0
    return 0.4 if span.party == wanted.party else -0.4


def _money_of(span: Span) -> float:
    """The amount of a span that looks like money, else 0."""
    value = span.found.value
    looks = span.found.decimals or span.found.money
    return value if looks and isinstance(value, float) else 0.0


def _depth(reading: Reading, span: Span) -> float:
    """0 at the top of the document, 1 at its end."""
    sheet = reading.sheet_of(span)
    within = span.box.y0 / max(sheet.height, 1.0)
    return (sheet.number - reading.sheets[0].number + min(max(within, 0.0), 1.0)) / len(reading.sheets)


_BY_KIND: dict[Kind, Callable[[Reading, Wanted, Span, Others], float]] = {
    Kind.AMOUNT: _of_amount,
    Kind.DATE: _of_date,
    Kind.NAME: _of_name,
    Kind.ADDRESS: _of_place,
    Kind.STREET: _of_place,
    Kind.POSTCODE: _of_place,
    Kind.CITY: _of_place,
    Kind.CURRENCY: _of_currency,
    Kind.EMAIL: _of_contact,
    Kind.URL: _of_contact,
    Kind.PHONE: _of_contact,
    Kind.VAT: _of_contact,
    Kind.CODE: _of_contact,
}
