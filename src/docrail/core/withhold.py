"""Text without what is held: for messages of failures, which may quote the values that a phase worked with."""

import re
from collections.abc import Iterator, Mapping, Sequence

from docrail.core.coerce import number_text
from docrail.core.errors import WorkError
from docrail.core.model import Cell, CellStatus, Record, Value

HIDDEN = "[held]"
LONG = 4


def hide_held(text: str, *records: Sequence[Cell]) -> str:
    """`text` with `[held]` in place of every value of a field that is held, in any version and form of it.

    Each of `records` is the cells of one, every version in order.

    >>> cell = Cell(field="iban", value="DE02", confidence=1, phase="validation", status=CellStatus.HELD)
    >>> hide_held("no bank for 'DE02'", [cell])
    "no bank for '[held]'"
    """
    secrets = sorted({each for cells in records for each in _secrets(cells)}, key=len, reverse=True)
    for secret in secrets:
        text = re.sub(_pattern(secret), HIDDEN, text, flags=re.IGNORECASE)
    return text


def _pattern(secret: str) -> str:
    """Short ones as whole words only: a held 7 does not blot out 1975."""
    if len(secret) >= LONG:
        return re.escape(secret)
    left = r"(?<!\w)" if secret[0].isalnum() else ""
    right = r"(?!\w)" if secret[-1].isalnum() else ""
    return f"{left}{re.escape(secret)}{right}"


def without_held(error: WorkError, *records: Record) -> WorkError:
    """The same failure, with a message that quotes nothing held."""
    return error.saying(hide_held(error.message, *(record.cells for record in records)))


def _secrets(cells: Sequence[Cell]) -> Iterator[str]:
    latest = {cell.field: cell for cell in cells}
    held = {name for name, cell in latest.items() if cell.status is CellStatus.HELD}
    for cell in cells:
        if cell.field in held:
            yield from _texts(cell.value)
            if cell.provenance:
                yield from _texts(cell.provenance.text)
                yield from _texts(cell.provenance.before)


def _texts(value: Value) -> Iterator[str]:
    """A value as it may stand in a message, and every value in it."""
    if isinstance(value, str):
        yield from (text for text in (value, value.strip()) if text)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _texts(part)
    elif value is not None and not isinstance(value, bool):
        yield number_text(value)
        yield repr(value)
