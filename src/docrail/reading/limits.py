"""How much one file may cost: every limit is a parameter, the defaults suit a worker of 2 GB."""

import time
from dataclasses import dataclass, field

from docrail.core.errors import DocumentError
from docrail.core.model import Issue
from docrail.reading.engines import OcrEngine

_SETTINGS = {
    "bytes": "max_file_mb",
    "pages": "max_pages",
    "pixels": "max_megapixels",
    "expanded_bytes": "max_expanded_mb",
    "expansion_ratio": "max_expansion_ratio",
    "entries": "max_archive_entries",
    "archive_depth": "max_archive_depth",
    "nesting": "max_nested_mails",
    "cells": "max_cells",
    "characters": "max_characters",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits for one file. What is over `bytes`, `pixels`, `expanded_bytes`, `expansion_ratio` or `depth` is refused;
    what is over `pages`, `cells`, `characters` or `frames` is read up to there, and an issue says so.

    `depth` counts elements or brackets inside one another, `archive_depth` archives, `nesting` mails;
    `expansion_ratio` counts only above `HARMLESS_BYTES`.
    """

    bytes: int = 100_000_000
    pages: int = 500
    pixels: int = 60_000_000
    frames: int = 100
    seconds: float = 120.0
    memory_mb: int = 1536
    expanded_bytes: int = 200_000_000
    expansion_ratio: int = 200
    characters: int = 5_000_000
    cells: int = 500_000
    depth: int = 200
    entries: int = 1000
    archive_depth: int = 3
    nesting: int = 8
    render_dpi: int = 200


HARMLESS_BYTES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms one file is read on: its label, the limits, OCR threads and engine, and when to stop
    starting new pages."""

    filename: str
    limits: Limits = field(default_factory=Limits)
    threads: int = 1
    engine: OcrEngine = OcrEngine.RAPIDOCR
    started: float = field(default_factory=time.monotonic)

    @property
    def is_late(self) -> bool:
        """Whether 80 % of the time is gone: what is unread then stays unread, rather than losing all of it."""
        return time.monotonic() - self.started > 0.8 * self.limits.seconds


def too_many_bytes(size: int, *, limits: Limits) -> DocumentError:
    """The error for a file over the limit of bytes."""
    return too_large(f"The file has {size:,} bytes", limits=limits, name="bytes")


def too_large(what: str, *, limits: Limits, name: str, advice: str = "split the file") -> DocumentError:
    """The error for `what` is over the limit `name`: how much it is, how much is allowed, and what to set.

    >>> too_large("The file expands to 3,000,000 bytes", limits=Limits(expanded_bytes=5), name="expanded_bytes").message
    'The file expands to 3,000,000 bytes, more than the 5 allowed: split the file or raise max_expanded_mb.'
    """
    allowed: int = getattr(limits, name)
    ways = f"{advice} or raise {_SETTINGS[name]}" if name in _SETTINGS else advice
    return DocumentError(f"{what}, more than the {allowed:,} allowed: {ways}.", code="too_large")


def cut_short(read: str, *, limits: Limits, name: str, code: str = "cut_short") -> Issue:
    """The issue for a file read only up to the limit `name`.

    >>> cut_short("Only 3 rows were read", limits=Limits(cells=7), name="cells").message
    'Only 3 rows were read (at most 7 cells): split the file or raise max_cells.'
    """
    allowed: int = getattr(limits, name)
    setting = _SETTINGS[name]
    return Issue(
        code=code, message=f"{read} (at most {allowed:,} {name}): split the file or raise {setting}."
    )
