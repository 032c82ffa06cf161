"""How much one file may cost: every limit is a parameter, the defaults suit a worker of 2 GB."""

import time
from dataclasses import dataclass, field

from docrail.core.errors import DocumentError
from docrail.reading.engines import OcrEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits for one file. What is over `bytes`, `pixels` or `expanded_bytes` is refused; what is over `pages`,
    `cells`, `characters` or `frames` is read up to there, and an issue says so."""

    bytes: int = 100_000_000
    pages: int = 500
    pixels: int = 60_000_000
    frames: int = 100
    seconds: float = 120.0
    memory_mb: int = 1536
    expanded_bytes: int = 200_000_000
    characters: int = 5_000_000
    cells: int = 500_000
    depth: int = 200
    entries: int = 200
    nesting: int = 8
    render_dpi: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms one file is read on: its label, the limits, OCR threads and engine, and when to stop
    starting new pages.

    `level` counts how deep the file lies inside mails.
    """

    filename: str
    limits: Limits = field(default_factory=Limits)
    threads: int = 1
    engine: OcrEngine = OcrEngine.RAPIDOCR
    level: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def is_late(self) -> bool:
        """Whether 80 % of the time is gone: what is unread then stays unread, rather than losing all of it."""
        return time.monotonic() - self.started > 0.8 * self.limits.seconds


def too_many_bytes(size: int, *, limits: Limits) -> DocumentError:
    """The error for a file over the limit of bytes."""
    message = (
        f"The file has {size:,} bytes, more than the {limits.bytes:,} allowed: split it or raise the limit."
    )
    return DocumentError(message, code="too_large")
