"""Find a quote in a layout: the words that say it, on which page, in which box; what is not there was invented."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from docrail.core.model import Box, Layout, Page, Word
from docrail.core.parsing import normal_text

_LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """Where a quote stands, as printed."""

    text: str
    page: int
    box: Box
    address: str | None


@dataclass(frozen=True)
class Quotable:
    """A document's visible words, searched for quotes without regard to case and white space."""

    layout: Layout

    def find(self, quote: str) -> Quoted | None:
        """The first place where the whole words of `quote` stand one after the other; None if there is none."""
        wanted = pack(quote)[:_LONGEST]
        if not any(character.isalnum() for character in wanted):
            return None
        return next((found for page in self._pages if (found := page.find(wanted)) is not None), None)

    @cached_property
    def _pages(self) -> tuple["_Packed", ...]:
        return tuple(_Packed.of(page) for page in self.layout.pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packed:
    """A page's words without anything between them; `starts` is where each begins."""

    page: int
    words: Sequence[Word]
    text: str
    starts: Sequence[int]

    @classmethod
    def of(cls, page: Page) -> "_Packed":
        words = [word for line in page.lines for word in line.words]
        texts = [pack(word.text) for word in words]
        starts, at = [], 0
        for text in texts:
            starts.append(at)
            at += len(text)
        return cls(page=page.number, words=words, text="".join(texts), starts=starts)

    def find(self, wanted: str) -> Quoted | None:
        at = self.text.find(wanted)
        while at >= 0:
            first, last = self._word(at), self._word(at + len(wanted) - 1)
            if self._is_whole(at, at + len(wanted), first, last):
                words = self.words[first : last + 1]
                return Quoted(
                    text=" ".join(word.text for word in words),
                    page=self.page,
                    box=Box.around(word.box for word in words),
                    address=words[0].address,
                )
            at = self.text.find(wanted, at + 1)
        return None

    def _word(self, at: int) -> int:
        return bisect_right(self.starts, at) - 1

    def _is_whole(self, start: int, end: int, first: int, last: int) -> bool:
        """Whether it begins and ends at the edge of a word, and is no part of a longer number."""
        until = self.starts[last + 1] if last + 1 < len(self.starts) else len(self.text)
        before, after = self.text[self.starts[first] : start], self.text[end:until]
        return not re.search(r"\w[.,]?$", before) and not re.match(r"[.,]?\w", after)


def pack(text: str) -> str:
    """Text as it is compared.

    >>> pack(" Total  due: 1.00 ")
    'totaldue:1.00'
    """
    return "".join(normal_text(text).split()).casefold()
