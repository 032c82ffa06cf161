"""Anchors: the words beside a value that tell whose value it is, and which value each of them names on a document.

An anchor is exact: a relation and the words in normal form (`right of: order flight`), or a pair of them, one on the
line and one above. It names a value only where every span of the field's kind that it points at has the same one.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from docrail.core.coerce import coerce
from docrail.core.model import Value
from docrail.core.parsing import parse_date
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.candidates import Reading
from docrail.phases.extraction.lexicon import Kind
from docrail.phases.extraction.scoring import contexts_of, fits
from docrail.phases.extraction.spans import Context, Span
from docrail.phases.extraction.values import value_of
from docrail.phases.extraction.wanted import Wanted, understand

PAIR = " & "
_SAID = {
    "after": "before it stands",
    "right of": "left of it stands",
    "two right of": "two to the left of it stands",
    "below": "above it stands",
    "two below": "two above it stands",
}
_BESIDE, _OVER = ("after", "right of", "two right of"), ("below", "two below")
_NEAR = ("after", "right of", "below")
_WORDS_AT_MOST = 6
_SPANS_AT_MOST = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """The one value that an anchor names on a document; `said` is the anchor in words for a person."""

    span: Span
    value: Value
    said: str


def has_anchors(field: Field) -> bool:
    """Whether a field is one value that may stand beside words: line items and objects are not."""
    return field.type not in (FieldType.ARRAY, FieldType.OBJECT)


def find_anchored(
    reading: Reading, field: Field, *, among: Container[str] | None = None
) -> dict[str, Anchored]:
    """What each anchor (of those in `among`, or every one there is) names on a document."""
    wanted = understand(field)
    named: dict[str, Anchored | None] = {}
    for span in _spans(reading, wanted):
        value = value_of(span.found, wanted)
        for key, said in _anchors_of(reading, span):
            if among is not None and key not in among:
                continue
            known = named.setdefault(key, Anchored(span=span, value=value, said=said))
            if known is not None and known.value != value:
                named[key] = None
    return {key: anchored for key, anchored in named.items() if anchored is not None}


def sight(reading: Reading, field: Field, confirmed: Value) -> dict[str, bool]:
    """Every anchor that names a value on a document, and whether it is the `confirmed` one (None: there is none)."""
    return {
        key: is_same(anchored.value, confirmed, field)
        for key, anchored in find_anchored(reading, field).items()
    }


def is_same(value: Value, confirmed: Value, field: Field) -> bool:
    """Whether a value found is what was confirmed, as values of the field's type; white space does not count."""
    wanted = coerce(confirmed, field)
    if wanted is None or value is None:
        return False
    if isinstance(wanted, bool) or isinstance(value, bool):
        return wanted is value
    if isinstance(wanted, int | float) and isinstance(value, int | float):
        return abs(wanted - value) < 0.005
    one, other = " ".join(str(value).split()), " ".join(str(wanted).split())
    if one == other:
        return True
    return understand(field).kind is Kind.DATE and _day(one, field) == _day(other, field) != ""


def _day(text: str, field: Field) -> str:
    found = parse_date(text, locale=field.locale)
    return found[0] if found and not found[1] else ""


def _spans(reading: Reading, wanted: Wanted) -> Sequence[Span]:
    return [span for span in reading.spans_for(wanted) if fits(span, wanted)][:_SPANS_AT_MOST]


def _anchors_of(reading: Reading, span: Span) -> Iterator[tuple[str, str]]:
    """The anchors of a span as (key, words for a person), single ones, if near, and pairs."""
    if span.found.has_label:
        return
    contexts = [one for one in contexts_of(reading.sheet_of(span), span) if _is_label(one.normal)]
    for one in contexts:
        if one.where in _NEAR:
            yield _key(one), _say(one)
    for left in contexts:
        for top in contexts:
            if left.where in _BESIDE and top.where in _OVER:
                yield f"{_key(left)}{PAIR}{_key(top)}", f"{_say(left)} and {_say(top)}"


def _key(context: Context) -> str:
    return f"{context.where}: {context.normal}"


def _say(context: Context) -> str:
    return f"{_SAID[context.where]} `{context.text}`"


def _is_label(normal: str) -> bool:
    """Words that a form prints; not what is filled in: dates, numbers, sentences."""
    words = normal.split()
    return (
        0 < len(words) <= _WORDS_AT_MOST
        and re.search(r"[^\W\d_]{2}", normal) is not None
        and not re.search(r"\d{3}", normal)
    )
