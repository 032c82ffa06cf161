"""How likely a span is the value of a field: labels round it, its place, its shape."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from docrail.core.spec import FieldType
from docrail.phases.extraction.candidates import Reading
from docrail.phases.extraction.labels import normal_label
from docrail.phases.extraction.lexicon import Kind, read_label
from docrail.phases.extraction.roles import look_at, role_bonus
from docrail.phases.extraction.scored import Scored
from docrail.phases.extraction.segments import Segment, Sheet
from docrail.phases.extraction.spans import Context, Span
from docrail.phases.extraction.wanted import Wanted

_SURE_BY_SHAPE = {Kind.CURRENCY, Kind.EMAIL, Kind.URL, Kind.IBAN, Kind.BIC}
_FREE = {Kind.TEXT, Kind.NAME, Kind.ADDRESS, Kind.STREET, Kind.CITY, Kind.COUNTRY, Kind.POSTCODE}
STACKED = {Kind.TEXT, Kind.NAME, Kind.ADDRESS}
_FIGURE_ONLY = re.compile(r"[^A-Za-z]*(?:EUR|USD|GBP|CHF|MYR|INR|SR|RM|Rs\.?|x|X|[A-Z])?[^A-Za-z]*")
_WORDS_AT_MOST = 14
_MAY_NOT_NAME = re.compile(r"\d{3}|@|^\W*\d+\W*$|^\d+[\s,]|\s\d+$|[:?]$|\w{4}\.$|^[a-zß-ÿ]+ |^[a-z]+$|:\s|%")


def score_spans(
    reading: Reading, wanted: Wanted, *, labels: frozenset[str] = frozenset(), wide: bool = False
) -> list[Scored]:
    """Every span that `wanted` may take, with its score; `labels` are those of all fields, so that none is a value.

    `wide` gives those too that labels and rules alone could not tell apart: for a learned extractor.
    """
    offered = reading.spans_for(wanted)
    if wide and wanted.kind in STACKED:
        offered = (*offered, *reading.stacks)
    spans = [span for span in offered if fits(span, wanted)]
    contexts = [_contexts(reading, span) for span in spans]
    said, others = _Said(wanted), look_at(spans)
    labelled = [_label_score(said, beside) for beside in contexts]
    scored = []
    for span, (label, against, because) in zip(spans, labelled, strict=True):
        if not label and wanted.kind is Kind.TEXT and not wide:
            continue
        bonus = role_bonus(reading, wanted, span, others)
        score = 0.78 * label - against + bonus + span.found.prior + _shape_bonus(span, wanted)
        score -= 0.5 if normal_label(span.found.text) in labels else 0.0
        if span.party is not None or wanted.kind in _SURE_BY_SHAPE:
            score += against
        scored.append(
            Scored(span=span, score=score, label=label, because=because or "by its shape and place")
        )
    return scored


def _contexts(reading: Reading, span: Span) -> tuple[Context, ...]:
    if span.found.has_label:
        return ()
    key = (span.segment.page, span.segment.row, span.segment.column, span.found.start, span.place)
    if key not in reading.contexts:
        reading.contexts[key] = tuple(contexts_of(reading.sheet_of(span), span))
    return reading.contexts[key]


def contexts_of(sheet: Sheet, span: Span) -> Iterator[Context]:
    """The words before a span in its segment, left, two left, above and two above, with their weights."""
    inside = span.before.strip()
    if _says_something(inside):
        yield from _read_context("after", inside, 1.0, tail=True)
    weight = 0.9 if _says_something(inside) else 1.0
    for (where, worth), (segment, skipped) in zip(
        (("right of", 1.0), ("two right of", 0.5)), _labels_left(sheet, span), strict=False
    ):
        near = weight * worth * 0.9**skipped * _nearness(sheet, segment, span)
        yield from _read_context(where, segment.text, near)
    above = islice(sheet.above(span.segment, span.box), 2)
    for (where, worth), segment in zip((("below", 0.85), ("two below", 0.55)), above, strict=False):
        gap = (span.box.y0 - segment.box.y1) / span.segment.height
        far = 1.0 if gap < 3 else 0.75 if gap < 6 else 0.5
        yield from _read_context(where, segment.text, worth * far)


def fits(span: Span, wanted: Wanted) -> bool:
    """Whether the span's value is of the field's type, pattern and range at all."""
    found, field = span.found, wanted.field
    if (
        wanted.kind is Kind.PERCENT
        and not found.percent
        and not re.search(r"%|percent|rate", span.before, re.I)
    ):
        return found.percent or field.type is FieldType.NUMBER
    if wanted.kind is Kind.AMOUNT and found.percent:
        return False
    if field.type is FieldType.INTEGER and not (isinstance(found.value, float) and found.value.is_integer()):
        return False
    if isinstance(found.value, float):
        low = field.minimum is None or found.value >= field.minimum
        return low and (field.maximum is None or found.value <= field.maximum)
    return not (field.pattern and wanted.keeps_text and not re.search(field.pattern, found.text))


def _read_context(where: str, text: str, weight: float, *, tail: bool = False) -> Iterator[Context]:
    """The words as they are, and without the number before and the remark behind that forms print."""
    text = text if tail else re.sub(r"^\(?\d{1,2}[.)]?\s+(?=[A-Z])", "", text)
    words = text.split()
    if tail and re.search(r"\d", text) and _says_something(last := re.split(r"\S*\d\S*", text)[-1]):
        yield Context(where=where, text=last.strip(), normal=normal_label(last), weight=weight)
        bare = re.sub(r"\S*\d\S*|#|(?<!\w)[Nn](?:°|º|o\.|r\.)", " ", text)
        if bare.split()[:-1] and len(bare.split()) <= 4:
            yield Context(where=where, text=" ".join(bare.split()), normal=normal_label(bare), weight=weight)
    if len(words) <= _WORDS_AT_MOST:
        shown = text.strip(" :.-–")
        yield Context(where=where, text=shown, normal=normal_label(text), weight=weight)
    elif tail:
        last = " ".join(words[-5:])
        yield Context(where=where, text=last, normal=normal_label(last), weight=weight)
    core = re.sub(r"^\w[.)]\s+(?=[A-Z])", "", re.split(r"\s*\(|\s?\.\s|[/,]\s|(?<=[a-z])/(?=[a-z])", text)[0])
    core = re.sub(r"\s*[-+$€£]?\s?\d[\d.,]*\s?%?", " ", core)
    if not tail and core != text and 0 < len(core.split()) <= _WORDS_AT_MOST:
        yield Context(where=where, text=core.strip(" :"), normal=normal_label(core), weight=0.95 * weight)


def _says_something(text: str) -> bool:
    return bool(re.search(r"[^\W\d_]|#", text)) and not (_FIGURE_ONLY.fullmatch(text) and "#" not in text)


def _labels_left(sheet: Sheet, span: Span) -> Iterator[tuple[Segment, int]]:
    skipped = 0
    for segment in sheet.left_of(span.segment):
        if _says_something(segment.text):
            yield segment, skipped
        elif (skipped := skipped + 1) > 4:
            return


def _nearness(sheet: Sheet, segment: Segment, span: Span) -> float:
    gap = max(span.box.x0 - segment.box.x1, 0.0) / max(sheet.width, 1.0)
    return 1.0 - 0.25 * min(1.0, gap / 0.6)


class _Said(dict[str, tuple[float, float]]):
    """How well contexts say the wanted field, and something else; each worked out once."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__()
        self._wanted = wanted

    def __missing__(self, context: str) -> tuple[float, float]:
        self[context] = self._wanted.own(context), self._wanted.rival(context)
        return self[context]


def _label_score(said: _Said, contexts: Sequence[Context]) -> tuple[float, float, str]:
    """What the contexts say for (0..1.15) and against (0..0.4) a span being `wanted`, and the best words for it."""
    best, second, against, because = 0.0, 0.0, 0.0, ""
    for context in contexts:
        own, rival = said[context.normal]
        if rival > own + 0.03 and rival >= 0.8:
            if context.where not in ("two right of", "two below"):
                against = max(against, (0.4 if best < 0.5 else 0.16) * context.weight * rival)
            own *= 0.5
        worth = context.weight * own**3 if own >= 0.7 else 0.0
        worth *= 0.6 if against > 0.3 else 1.0
        if worth > best:
            best, second, because = worth, best, f'{context.where} "{context.text}"'
        else:
            second = max(second, worth)
    return min(best + 0.15 * second, 1.15), against * (0.4 if best > 0.8 else 1.0), because


def _shape_bonus(span: Span, wanted: Wanted) -> float:
    bonus = 0.0
    text = span.found.text
    if wanted.field.pattern and wanted.keeps_text:
        bonus += 0.3
    if any(_shape(str(example)) == _shape(text) for example in wanted.field.examples):
        bonus += 0.2
    if wanted.kind in _FREE:
        said = read_label(normal_label(text))
        bonus -= 0.4 if max(said.values(), default=0.0) >= 0.97 else 0.0
        words = len(text.split())
        bonus -= 0.3 if wanted.kind is Kind.NAME and words > 8 else 0.0
        bonus -= 0.15 if words > 8 and text.endswith(".") and wanted.kind is not Kind.ADDRESS else 0.0
        bonus -= 0.15 if len(text) > 80 and wanted.kind is not Kind.ADDRESS else 0.0
        bonus -= 0.3 if re.search(r"\([a-z][a-z ]*\)$", text) else 0.0
        bonus -= 0.7 if re.fullmatch(r"\W*\(.*\)?", text) else 0.0
        bonus -= 0.25 if wanted.kind is Kind.NAME and _MAY_NOT_NAME.search(text) else 0.0
        bonus -= 0.3 if not re.search(r"\w", text) else 0.0
    return bonus


def _shape(text: str) -> str:
    return re.sub(r"[a-z]+", "a", re.sub(r"[A-Z]+", "A", re.sub(r"\d", "9", text)))
