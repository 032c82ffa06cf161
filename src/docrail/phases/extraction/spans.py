"""The spans that may be values: where they stand and what they would mean."""

from dataclasses import dataclass

from docrail.core.model import Box, Value, Word
from docrail.phases.extraction.segments import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value recognised in a text: its extent, the part that is the value as printed, and what it means.

    `prior` is how much a value of this shape is worth without any label; `note` says what is unsure about it and
    `doubt` (0..1) how much. `has_label` when its label stands behind it and what is before it says nothing.
    """

    start: int
    end: int
    text: str
    value: Value
    prior: float = 0.0
    note: str | None = None
    doubt: float = 0.0
    percent: bool = False
    money: bool = False
    decimals: bool = False
    has_label: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Words beside a span: `where` in words for a person, as printed, in normal form, and their weight (0..1)."""

    where: str
    text: str
    normal: str
    weight: float


Place = tuple[int, int, int, int]
"""Page, left, top and right of a span: what tells it from the others of the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A value found in a segment; `words` are its own (of several segments, for a block)."""

    found: Found
    segment: Segment
    words: tuple[Word, ...]
    box: Box
    place: Place
    before: str
    party: str | None = None

    @classmethod
    def of(cls, segment: Segment, found: Found) -> "Span":
        """`found` in `segment`."""
        words = segment.words_between(found.start, found.end) or segment.words
        return cls.of_words(segment, found, words=words, before=segment.text[: found.start])

    @classmethod
    def of_words(
        cls, segment: Segment, found: Found, *, words: tuple[Word, ...], before: str, party: str | None = None
    ) -> "Span":
        """`found` in `words`, which begin in `segment`."""
        box = Box.around(word.box for word in words)
        place = (segment.page, round(box.x0), round(box.y0), round(box.x1))
        return cls(
            found=found, segment=segment, words=words, box=box, place=place, before=before, party=party
        )

    @property
    def address(self) -> str | None:
        return self.words[0].address
