"""Fill fields from the e-invoice inside a document: exact, with the XPath of each value."""

from collections.abc import Iterable, Sequence

from docrail.core.coerce import coerce
from docrail.core.model import Cell, Embedded, Issue, Layout, Provenance
from docrail.core.spec import Field, FieldType
from docrail.phases.transfer.invoice_xml import Ambiguous, InvoiceXml, Reading, parse_invoice
from docrail.phases.transfer.terms import Term, find_columns, find_term


def transfer_einvoice(
    layout: Layout, fields: Sequence[Field], *, phase: str
) -> tuple[list[Cell], list[Issue]]:
    """The cells that the first e-invoice in `layout` fills, and what could not be read."""
    invoice, issues = _first_invoice(layout.embedded)
    cells: list[Cell] = []
    for field in fields if invoice else ():
        try:
            cell = _fill(field, invoice, phase) if invoice else None
        except Ambiguous as error:
            message = f"the e-invoice says several things for '{field.name}' ({error})"
            issues.append(Issue(code="einvoice_ambiguous", message=message))
            continue
        cells += [cell] if cell else []
    return cells, issues


def _first_invoice(embedded: Iterable[Embedded]) -> tuple[InvoiceXml | None, list[Issue]]:
    issues: list[Issue] = []
    for each in embedded:
        if "xml" not in each.media_type and not each.name.lower().endswith(".xml"):
            continue
        try:
            invoice = parse_invoice(each.text)
        except ValueError as error:
            issues.append(Issue(code="einvoice_unreadable", message=f"{each.name}: {error}"))
            continue
        if invoice:
            return invoice, issues
    return None, issues


def _fill(field: Field, invoice: InvoiceXml, phase: str) -> Cell | None:
    term = find_term(field)
    reading = _read(field, term, invoice) if term else None
    value = coerce(reading.value, field) if reading else None
    if term is None or reading is None or value is None:
        return None
    provenance = Provenance(
        method="einvoice", text=reading.text, address=reading.address, detail=f"{term.id} {term.name}"
    )
    return Cell(field=field.name, value=value, confidence=1.0, phase=phase, provenance=provenance)


def _read(field: Field, term: Term, invoice: InvoiceXml) -> Reading | None:
    if not term.columns:
        return None if field.type in {FieldType.ARRAY, FieldType.OBJECT} else invoice.read(term)
    columns = find_columns(field, term)
    if field.type is not FieldType.ARRAY or not any(columns.values()):
        return None
    return invoice.read_rows(term, columns)
