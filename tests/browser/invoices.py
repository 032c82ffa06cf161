"""A few small invoices, one of whose totals does not add up, and the spec for them."""

from tests.pdf_files import pdf, write

SPEC = """\
name: Invoices
fields:
  number: {title: Invoice number, synonyms: [Invoice No], required: true}
  net: {title: Net, type: number, format: money, synonyms: [Net amount]}
  tax: {title: Tax, type: number, format: money, synonyms: [Tax amount]}
  total: {title: Total, type: number, format: money, synonyms: [Total due], required: true}
gates:
  - name: sums
    fields: [total]
    checks: [{rule: "near(net + tax, total, 0.01)", message: Net and tax do not add up to the total.}]
rail:
  - {type: registry}
  - {type: schema, name: Extract}
  - {type: valid, name: Check, gates: [sums]}
"""
WRONG = "invoice-3.pdf"


def invoice(number, *, total="119.00", paid="119.00"):
    """A PDF of one page that says the total due and, further down, what was paid."""
    lines = [
        f"Invoice No: R-{number}",
        "Net amount: 100.00",
        "Tax amount: 19.00",
        f"Total due: {total}",
        f"Received with thanks {paid}",
    ]
    return pdf("".join(write(line, x=40, y=40 + 30 * n) for n, line in enumerate(lines)))


def invoices(*, wrong=1):
    """Files as a browser gives them: two that are right, and so many that say a wrong total due."""
    good = {f"invoice-{n}.pdf": invoice(n) for n in (1, 2)}
    bad = {f"invoice-{n}.pdf": invoice(n, total="191.00") for n in range(3, 3 + wrong)}
    return [
        {"name": name, "mimeType": "application/pdf", "buffer": data} for name, data in (good | bad).items()
    ]
