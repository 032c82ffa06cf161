"""A file that holds others, as the parent sees it: its kind, then the files in it, block by block."""

from collections.abc import Iterator

from docrail.core.errors import DocumentError
from docrail.reading.process import Answer
from docrail.reading.wire import Finished, Opened, PartBytes, PartEnd, PartStart


class Container:
    """An open file: iterate over its parts, and over the bytes of each before the next. No part: it holds nothing."""

    def __init__(self, answers: Iterator[Answer]) -> None:
        first = next(answers)
        if not isinstance(first, Opened):
            raise _nonsense(first)
        self.media_type = first.media_type
        self._answers = answers

    def __iter__(self) -> Iterator["Part"]:
        """The parts in order. DocumentError when the rest of them cannot be had."""
        for answer in self._answers:
            if isinstance(answer, Finished):
                return
            if not isinstance(answer, PartStart):
                raise _nonsense(answer)
            part = Part(answer.name, self._answers)
            yield part
            part.skip()


class Part:
    """One file inside another. `name` is what the container calls it: a label, never a path."""

    def __init__(self, name: str, answers: Iterator[Answer]) -> None:
        self.name = name
        self._answers = answers
        self._is_over = False

    def blocks(self) -> Iterator[bytes]:
        """Its bytes; DocumentError at the end, or at once, if it cannot be taken for what its code says."""
        while not self._is_over:
            answer = next(self._answers)
            if isinstance(answer, PartBytes):
                yield answer.data
                continue
            self._is_over = True
            if not isinstance(answer, PartEnd):
                raise _nonsense(answer)
            if answer.code:
                raise DocumentError(answer.message, code=answer.code)

    def skip(self) -> None:
        """Go on to the end, whatever it is."""
        try:
            for _ in self.blocks():
                pass
        except DocumentError:
            if not self._is_over:
                raise


def _nonsense(answer: Answer) -> DocumentError:
    said = f"The reader's answer makes no sense ({type(answer).__name__}): try again."
    return DocumentError(said, code="crashed", retryable=True)
