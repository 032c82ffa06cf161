"""Find ticked boxes, yes and no, and the choices of an enum."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from docrail.core.model import Value
from docrail.core.spec import FieldType
from docrail.phases.extraction.labels import normal_label
from docrail.phases.extraction.lexicon import Kind
from docrail.phases.extraction.segments import Segment
from docrail.phases.extraction.spans import Found, Span
from docrail.phases.extraction.wanted import Wanted

_MARK = re.compile(
    r"(?P<on>[☒☑✓✔✗✘■⊠🗹🗷]|\[[xX✓✔]\]|\([xX✓✔]\))|(?P<off>[☐□⬜▢]|\[\s?_?\]|\(\s\))|(?<!\w)(?P<x>[xX])(?!\w)"
)
# fmt: off
_YES = ("yes", "ja", "oui", "sí", "sì", "si", "true", "selected", "checked", "waar", "vrai", "vero", "verdadero")
_NO = ("no", "nein", "non", "nee", "false", "unselected", "unchecked", "onwaar", "faux", "falso")
# fmt: on
_WORD = re.compile(rf"(?:^|[:?])\s*(?:(?P<yes>{'|'.join(_YES)})|(?P<no>{'|'.join(_NO)}))\s*$", re.IGNORECASE)


def find_choices(segments: Iterable[Segment], wanted: Wanted) -> Iterator[Span]:
    """The marks, words or choices in `segments` that `wanted` may take."""
    for segment in segments:
        finds = (
            _find_enum(segment.text, wanted)
            if wanted.kind is Kind.ENUM
            else _find_ticks(segment.text, wanted)
        )
        for found in finds:
            yield Span.of(segment, found)


def find_ticks(text: str) -> Iterator[Found]:
    """Every box, ticked or not, and every yes or no.

    >>> [(f.text, f.value) for f in find_ticks("☒ Individual [ ] Trust  Taxable: no")]
    [('☒', True), ('[ ]', False), ('no', False)]
    """
    for match in _MARK.finditer(text):
        prior = -0.1 if match["x"] else 0.1
        yield Found(
            start=match.start(), end=match.end(), text=match[0], value=match["off"] is None, prior=prior
        )
    for match in _WORD.finditer(text):
        word = match["yes"] or match["no"]
        start = match.start("yes") if match["yes"] else match.start("no")
        yield Found(start=start, end=match.end(), text=word, value=match["yes"] is not None)


def _find_ticks(text: str, wanted: Wanted) -> Iterator[Found]:
    for found in find_ticks(text):
        value = _as_choice(bool(found.value), wanted)
        after = text[found.end :].strip(" :")
        label = normal_label(re.split(r"[☒☑✓✔✗✘■⊠☐□⬜▢\[]", after)[0])
        sure = wanted.own(label) if after else 0.0
        prior = found.prior + 0.75 * sure**3
        yield replace(found, value=value, prior=prior, has_label=bool(after) and found.start == 0)


def _as_choice(ticked: bool, wanted: Wanted) -> Value:
    if wanted.field.type is FieldType.BOOLEAN:
        return ticked
    words = (*_YES, "on", "y") if ticked else (*_NO, "off", "n")
    return next((value for value in wanted.field.enum if str(value).casefold() in words), None)


def _find_enum(text: str, wanted: Wanted) -> Iterator[Found]:
    for value in wanted.field.enum:
        if value is None:
            continue
        for match in re.finditer(rf"(?<!\w){re.escape(str(value))}(?!\w)", text, re.IGNORECASE):
            whole = 0.15 if len(match[0]) == len(text.strip()) else 0.05
            yield Found(start=match.start(), end=match.end(), text=match[0], value=value, prior=whole)
