"""What is filled into a PDF's form and typed over its pages becomes words; comments are kept apart."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from docrail.core.model import Box, Hidden, Word
from docrail.reading.lines import Run
from docrail.reading.pdf_parse import NativeBox, NativeField, NativeNote

TICKED, UNTICKED = "☒", "☐"
_TICKS = ("checkbox", "radiobutton")
_TEXTS = ("text", "combobox", "listbox")
_PASSWORD = 1 << 13
_MOST = 2000
_LETTER = 0.6
_LINE = 1.2
_TYPED = "freetext"
_SILENT = ("link", "widget", "popup", "movie", "screen", "printermark", "trapnet")


def find_filled(
    fields: Sequence[NativeField] | None, notes: Sequence[NativeNote] | None, printed: Iterable[Run]
) -> Iterator[Run]:
    """Runs of what was filled in or typed over the page, where it is not `printed` there as well: the value of a field
    by its box, a tick as ☒ and an empty box to tick as ☐. Passwords stay away."""
    known = [(run.x0, run.y0, run.x1, run.y1, _dense(word.text for word in run.words)) for run in printed]
    for rect, text in (*_filled(fields or ()), *_typed(notes or ())):
        inside = _dense(said for x0, y0, x1, y1, said in known if _meet(rect, (x0 + x1) / 2, (y0 + y1) / 2))
        # What is printed in a box to tick is the tick itself.
        if not inside or (text not in (TICKED, UNTICKED) and _dense([text]) not in inside):
            yield from _set(text, rect)


def find_comments(notes: Sequence[NativeNote] | None) -> Iterator[Hidden]:
    """What is written in notes that open only when asked."""
    for note in islice(notes or (), _MOST):
        text = (note.contents or "").strip()
        if text and note.subtype != _TYPED and note.subtype not in _SILENT:
            yield Hidden(text=text, reason="comment", box=_box(note.rect) if note.rect else None)


def is_tick(word: Word) -> bool:
    """Whether the word stands for an empty box to tick: there is nothing to see in it."""
    return word.text == UNTICKED


def _filled(fields: Sequence[NativeField]) -> Iterator[tuple[NativeBox, str]]:
    for field in islice(fields, _MOST):
        rect, value = field.rect, (field.value or "").strip()
        if rect is None or rect.width <= 0 or rect.height <= 0:
            continue
        if field.field_type in _TICKS:
            yield rect, TICKED if field.checked else UNTICKED
        elif field.field_type in _TEXTS and value and not field.field_flags & _PASSWORD:
            yield rect, value


def _typed(notes: Sequence[NativeNote]) -> Iterator[tuple[NativeBox, str]]:
    for note in islice(notes, _MOST):
        text = (note.contents or "").strip()
        if note.subtype == _TYPED and note.rect is not None and text:
            yield note.rect, text


def _set(text: str, rect: NativeBox) -> Iterator[Run]:
    """The text set into its box as far as can be told: a run a line, a word as wide as its letters."""
    lines = [line.split() for line in re.split(r"[\r\n\v\f\u2028\u2029]+", text) if line.strip()]
    height = rect.height / max(len(lines), 1)
    widest = max((len(" ".join(words)) for words in lines), default=1)
    letter = min(rect.width / max(widest, 1), height / _LINE * _LETTER)
    for number, words in enumerate(lines):
        x, y = rect.x, rect.y + number * height
        placed = []
        for word in words:
            # A lone mark fills its box.
            width = rect.width if len(lines) == len(words) == 1 == len(text) else len(word) * letter
            placed.append(Word(text=word, box=_rounded(x, y, x + width, y + height)))
            x += width + letter
        yield Run(words=tuple(placed), box=Box.around(word.box for word in placed))


def _meet(rect: NativeBox, x: float, y: float) -> bool:
    return rect.x <= x <= rect.x + rect.width and rect.y <= y <= rect.y + rect.height


def _dense(texts: Iterable[str]) -> str:
    return "".join("".join(texts).split())


def _box(rect: NativeBox) -> Box:
    return _rounded(rect.x, rect.y, rect.x + rect.width, rect.y + rect.height)


def _rounded(*sides: float) -> Box:
    x0, y0, x1, y1 = (round(side, 2) for side in sides)
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)
