"""What docrail knows: a document, its layout as read, and the record that grows phase by phase."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias, Union

import msgspec

Value: TypeAlias = Union[str, int, float, bool, "Sequence[Value]", "Mapping[str, Value]", None]
"""A JSON value. Dates are ISO 8601 text, amounts are numbers."""


class Box(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A rectangle in points (1/72 inch) on the page as a person sees it; origin top left, y downwards.

    This is where units and origin are said: every box of a Layout is of this kind, with the page already turned
    (`Page.rotation`). Boxes and words are Structs, since a document may have a hundred thousand of them and a frozen
    dataclass takes ten times as long to make.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    @classmethod
    def around(cls, boxes: "Iterable[Box]") -> "Box":
        """The smallest box that holds all of `boxes` (at least one).

        >>> Box.around([Box(x0=0, y0=0, x1=1, y1=1), Box(x0=2, y0=1, x1=3, y1=4)])
        Box(x0=0, y0=0, x1=3, y1=4)
        """
        every = tuple(boxes)
        return cls(
            x0=min(box.x0 for box in every),
            y0=min(box.y0 for box in every),
            x1=max(box.x1 for box in every),
            y1=max(box.y1 for box in every),
        )


class Source(StrEnum):
    """Where a page's words came from."""

    TEXT_LAYER = "text_layer"
    OCR = "ocr"
    MIXED = "mixed"
    MARKUP = "markup"
    CELLS = "cells"
    PLAIN = "plain"


class Word(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One word: its text, where it stands, and how sure the reading is (0..1; 1 unless by OCR).

    Where it came from is said by its page's `source`; on a `mixed` page the words by OCR, and only these, have a
    score below 1. `address` names the place where there is no real page: `R2C3` of a sheet, `/html/body/p[3]`.
    """

    text: str
    box: Box
    score: float = 1.0
    address: str | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Words that stand on one line, left to right."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        return Box.around(word.box for word in self.words)


class TableCell(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One cell of a table; `row` and `column` count from 0, `rows` and `columns` say how many it covers."""

    row: int
    column: int
    text: str
    box: Box | None = None
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as found on a page, cells in row order; its first `header_rows` rows name the columns. `box` is None
    where it is not known."""

    cells: tuple[TableCell, ...]
    header_rows: int = 0
    box: Box | None = None


class Block(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Lines of one column that belong together: a paragraph, an address, a heading. Its text is a line a line."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Text that a person looking at the document would not see, and why; `box` where its place is known."""

    text: str
    reason: str
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page. `width` and `height` in points; documents without pages get pages laid out on a grid of
    6 x 12 points a character, so that left and above mean the same everywhere.

    `lines` are rows across the whole page, top to bottom: a label and its value are on one line. `blocks` are the
    same words in reading order: one column is finished before the next begins; pages on a grid have none. `rotation`
    is how many degrees (0, 90, 180, 270) a picture was turned clockwise to stand upright; boxes are on the upright
    page.
    """

    number: int
    width: float
    height: float
    source: Source
    lines: tuple[Line, ...]
    tables: tuple[Table, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    blocks: tuple[Block, ...] = ()
    rotation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """A machine-readable twin inside the file (e-invoice XML), or the file itself if it is XML."""

    name: str
    media_type: str
    text: str


class Severity(StrEnum):
    """How much an issue or a verdict matters."""

    INFO = "info"
    WARNING = "warning"
    BLOCKING = "blocking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Something a reader of the record should know; it stops nothing."""

    code: str
    message: str
    severity: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A document as read: pages with words and boxes, and machine-readable twins. `language` is an ISO 639-1 code,
    None where the text does not tell."""

    media_type: str
    pages: tuple[Page, ...]
    embedded: tuple[Embedded, ...] = ()
    issues: tuple[Issue, ...] = ()
    language: str | None = None

    @property
    def text(self) -> str:
        """All visible text, a line a line, pages apart by a form feed."""
        return "\f".join("\n".join(line.text for line in page.lines) for page in self.pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file by the SHA-256 (`digest`, hex) of its bytes; `filename` is a label, never a path."""

    id: str
    digest: str
    filename: str
    media_type: str
    size_bytes: int
    metadata: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Why a value is believed: the method, the text found, and where it stands.

    `method` is `given`, `einvoice`, `zero_shot`, `rule:<name>`, …; `page` counts from 1; `address` is a place
    without a page (an XPath, a sheet cell, a metadata key); `before` is the value before a policy changed it. `model`
    and `prompt_digest` (SHA-256, hex) say which model was asked, and what.
    """

    method: str
    text: str | None = None
    page: int | None = None
    box: Box | None = None
    address: str | None = None
    detail: str | None = None
    before: Value = None
    model: str | None = None
    prompt_digest: str | None = None


class CellStatus(StrEnum):
    """What may be done with a cell's value: a `held` one is shown to nobody until a person decided."""

    FILLED = "filled"
    HELD = "held"
    APPROVED = "approved"
    CORRECTED = "corrected"
    OVERRIDDEN = "overridden"


class HoldReason(StrEnum):
    """Why a value waits for a person."""

    MISSING_VALUE = "missing_value"
    FAILED_CHECK = "failed_check"
    LOW_CONFIDENCE = "low_confidence"
    DISAGREEMENT = "disagreement"
    NOT_IN_SOURCE = "not_in_source"
    REQUIRES_REVIEW = "requires_review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One version of one field's value. `confidence` is 0..1; `phase` the id of the phase that set it."""

    field: str
    value: Value
    confidence: float
    phase: str
    status: CellStatus = CellStatus.FILLED
    provenance: Provenance | None = None
    hold_reason: HoldReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check of a gate says of one field; `reason` is set when it failed."""

    gate: str
    check: str
    field: str
    passed: bool
    severity: Severity
    phase: str
    reason: HoldReason | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of one document in one run so far. Phases add to it and never remove."""

    document: Document
    layout: Layout
    cells: tuple[Cell, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    issues: tuple[Issue, ...] = ()

    @property
    def current(self) -> dict[str, Cell]:
        """The latest version of each field's cell."""
        return {cell.field: cell for cell in self.cells}

    @property
    def values(self) -> dict[str, Value]:
        """The latest value of each field, held ones too: for phases only, never for a face."""
        return {name: cell.value for name, cell in self.current.items()}

    def adding(
        self,
        *,
        cells: Iterable[Cell] = (),
        verdicts: Iterable[Verdict] = (),
        issues: Iterable[Issue] = (),
    ) -> "Record":
        """This record with more cells (new versions), verdicts and issues."""
        return replace(
            self,
            cells=(*self.cells, *cells),
            verdicts=(*self.verdicts, *verdicts),
            issues=(*self.issues, *issues),
        )
