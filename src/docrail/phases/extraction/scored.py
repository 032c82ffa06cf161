"""A span with what is thought of it as the value of a field."""

from dataclasses import dataclass

from docrail.phases.extraction.spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A span with its score for a field (about 0..1, learned ones up to 1.5), the part its labels gave, and why."""

    span: Span
    score: float
    label: float
    because: str
