"""Line items: rows under a header whose words are the names of the columns."""

from dataclasses import dataclass

from docrail.core.model import Box, Value
from docrail.core.spec import Field
from docrail.phases.extraction.candidates import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of a table as values, with the header's words and where they stand."""

    values: list[Value]
    confidence: float
    header: str
    text: str
    page: int
    box: Box
    address: str | None


def find_rows(reading: Reading, field: Field) -> Rows | None:
    return None
