"""The value that a span gives to a field: dates in ISO, numbers as numbers, text as printed."""

from docrail.core.model import Value
from docrail.core.spec import FieldType
from docrail.phases.extraction.lexicon import Kind
from docrail.phases.extraction.spans import Found
from docrail.phases.extraction.wanted import Wanted

_NORMALISED = {Kind.IBAN, Kind.CURRENCY, Kind.ENUM, Kind.BOOLEAN}


def value_of(found: Found, wanted: Wanted) -> Value:
    """What `found` means for the field, in the field's type."""
    if wanted.kind in _NORMALISED:
        return found.value
    if wanted.field.type is FieldType.INTEGER and isinstance(found.value, float):
        return int(found.value)
    if wanted.field.type is FieldType.NUMBER:
        return found.value
    if wanted.kind is Kind.DATE and wanted.field.format is not None:
        return found.value
    return " ".join(found.text.split())
