"""The extraction phase on small documents: which value it takes, how sure it is, and what it says of it."""

import pytest

from docrail.core.errors import InvalidInput
from docrail.core.model import Box, Cell, Document, Layout, Line, Page, Record, Source, Value, Word
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.phase import Extraction

NUMBER = FieldType.NUMBER
INVOICE = """\
Acme Tools Ltd
12 High Street
London SW1A 1AA
Phone: 020 7946 0000

Bill to:
Big Shop GmbH
Bahnstr. 42
10115 Berlin

Invoice number: INV-2024/17     Order no.    PO-889
Invoice date    14.03.2024      Due date     28.03.2024

Subtotal                        EUR 100.00
VAT 19%                         EUR 19.00
Total                           EUR 119.00

IBAN DE89 3704 0044 0532 0130 00   VAT ID DE136695976
"""


def make_record(text: str, *cells: Cell) -> Record:
    """A document of one page whose words stand on a grid of 6 x 12 points, as `text` shows them."""
    lines = [make_line(line, row=row) for row, line in enumerate(text.splitlines()) if line.strip()]
    page = Page(number=1, width=600, height=800, source=Source.PLAIN, lines=tuple(lines))
    document = Document(
        id="d1", digest="0", filename="a.txt", media_type="text/plain", size_bytes=1, metadata={}
    )
    return Record(document=document, layout=Layout(media_type="text/plain", pages=(page,)), cells=cells)


def make_line(text: str, *, row: int) -> Line:
    words, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        box = Box(x0=6.0 * at, y0=12.0 * row, x1=6.0 * (at + len(word)), y1=12.0 * row + 12)
        words.append(Word(text=word, box=box, address=f"L{row}"))
        at += len(word)
    return Line(words=tuple(words))


def make_phase(fields: list[Field], config: dict[str, Value] | None = None) -> Extraction:
    phase = PlannedPhase(id="p2", name="extract", type=PhaseType.EXTRACTION, config=config or {})
    return Extraction(phase, fields)


def extract(text: str, *fields: Field) -> dict[str, Cell]:
    return make_phase(list(fields)).run(make_record(text)).current


def values(text: str, *fields: Field) -> dict[str, Value]:
    return {name: cell.value for name, cell in extract(text, *fields).items()}


def test_bare_field_names_of_an_invoice_find_their_values() -> None:
    found = values(
        INVOICE,
        Field(name="invoice_number"),
        Field(name="order_number"),
        Field(name="invoice_date", format="date"),
        Field(name="due_date", format="date"),
        Field(name="net_total", type=NUMBER),
        Field(name="tax_total", type=NUMBER),
        Field(name="total", type=NUMBER),
        Field(name="currency", format="currency"),
        Field(name="iban", format="iban"),
        Field(name="seller_vat_id"),
        Field(name="seller_name"),
        Field(name="buyer_name"),
        Field(name="buyer_city"),
        Field(name="seller_postcode"),
    )
    assert found == {
        "invoice_number": "INV-2024/17",
        "order_number": "PO-889",
        "invoice_date": "2024-03-14",
        "due_date": "2024-03-28",
        "net_total": 100.0,
        "tax_total": 19.0,
        "total": 119.0,
        "currency": "EUR",
        "iban": "DE89370400440532013000",
        "seller_vat_id": "DE136695976",
        "seller_name": "Acme Tools Ltd",
        "buyer_name": "Big Shop GmbH",
        "buyer_city": "Berlin",
        "seller_postcode": "SW1A 1AA",
    }


def test_a_value_right_of_its_label_says_where_it_stands_and_why() -> None:
    cell = extract("Ticket code     AX-77", Field(name="ticket_code"))["ticket_code"]
    assert cell.provenance is not None
    assert (cell.value, cell.phase) == ("AX-77", "p2")
    assert (cell.provenance.method, cell.provenance.text, cell.provenance.page) == ("zero_shot", "AX-77", 1)
    assert cell.provenance.box == Box(x0=96, y0=0, x1=126, y1=12)
    assert cell.provenance.address == "L0"
    assert cell.provenance.detail == 'right of "Ticket code"'
    assert 0 < cell.confidence <= 1


@pytest.mark.parametrize("text", ["Colour  red", "Colour: red", "Colour\nred"])
def test_a_text_is_found_left_inside_and_below_of_its_label(text: str) -> None:
    assert values(text, Field(name="colour")) == {"colour": "red"}


def test_the_label_of_a_field_is_no_value_of_another() -> None:
    text = "Size    Colour    Shape\nlarge   red       round"
    found = values(text, Field(name="size"), Field(name="colour"), Field(name="shape"))
    assert found == {"size": "large", "colour": "red", "shape": "round"}


def test_a_synonym_finds_what_the_name_does_not() -> None:
    text = "Kennwort der Sendung: XK-4711"
    assert values(text, Field(name="tracking_no")) == {}
    found = values(text, Field(name="tracking_no", synonyms=("Kennwort der Sendung",)))
    assert found == {"tracking_no": "XK-4711"}


def test_a_field_that_has_a_cell_is_left_alone() -> None:
    given = Cell(field="total", value=1.0, confidence=1.0, phase="p1")
    record = make_record(INVOICE, given)
    fields = [Field(name="total", type=NUMBER), Field(name="invoice_number")]
    assert [cell.field for cell in make_phase(fields).run(record).cells] == ["total", "invoice_number"]


def test_running_twice_adds_nothing() -> None:
    phase = make_phase([Field(name="total", type=NUMBER)])
    once = phase.run(make_record(INVOICE))
    assert phase.run(once) == once


def test_nothing_below_the_threshold_becomes_a_cell() -> None:
    assert values("The quick brown fox", Field(name="total", type=NUMBER), Field(name="notes")) == {}
    assert make_phase([Field(name="total")]).run(make_record("")).cells == ()


def test_an_undecided_date_is_doubted_and_says_so() -> None:
    undecided = extract("Date: 03/04/2026", Field(name="date", format="date"))["date"]
    decided = extract("Date: 23/04/2026", Field(name="date", format="date"))["date"]
    settled = extract("Date: 03/04/2026", Field(name="date", format="date", locale="en_US"))["date"]
    assert undecided.value == "2026-04-03"
    assert undecided.confidence < 0.75 * decided.confidence
    assert undecided.provenance is not None
    assert "day first; month first is possible" in (undecided.provenance.detail or "")
    assert (settled.value, settled.confidence) == ("2026-03-04", decided.confidence)


def test_a_date_in_a_text_field_stays_as_printed() -> None:
    assert values("Date: 14 March 2024", Field(name="date")) == {"date": "14 March 2024"}


def test_a_total_as_text_is_printed_without_its_currency() -> None:
    assert values("Total  RM 1,030.91", Field(name="total")) == {"total": "1,030.91"}


def test_decimals_are_read_by_the_locale_of_the_field_else_of_the_document() -> None:
    text = "Weight: 1.234\nPrice: 7,50\nFee: 8,50"
    assert values(text, Field(name="weight", type=NUMBER)) == {"weight": 1234.0}
    assert values(text, Field(name="weight", type=NUMBER, locale="en_US")) == {"weight": 1.234}


def test_an_amount_beside_a_label_that_says_something_else_is_not_taken() -> None:
    text = "Subtotal   90.00\nCash       200.00\nChange     100.00\nTotal      100.00"
    assert values(text, Field(name="total", type=NUMBER)) == {"total": 100.0}


def test_one_value_serves_the_total_and_what_is_due_but_not_two_numbers() -> None:
    text = "Invoice no: A-17\nTotal due: 50.00"
    found = values(
        text,
        Field(name="total", type=NUMBER),
        Field(name="amount_due", type=NUMBER),
        Field(name="invoice_number"),
        Field(name="order_number"),
    )
    assert found == {"total": 50.0, "amount_due": 50.0, "invoice_number": "A-17"}


def test_a_value_out_of_range_or_pattern_is_no_candidate() -> None:
    assert values("Age: 212", Field(name="age", type=FieldType.INTEGER, maximum=150)) == {}
    assert values("Code: A1", Field(name="code", pattern="^B")) == {}
    assert values("Age: 21", Field(name="age", type=FieldType.INTEGER)) == {"age": 21}


def test_boxes_and_words_fill_a_boolean() -> None:
    text = "☒ Express   ☐ Insured\nFragile: yes"
    fields = [Field(name=name, type=FieldType.BOOLEAN) for name in ("express", "insured", "fragile")]
    assert values(text, *fields) == {"express": True, "insured": False, "fragile": True}


def test_a_choice_is_given_as_the_spec_writes_it() -> None:
    field = Field(name="incoterm", enum=("EXW", "DAP", "DDP"))
    assert values("Incoterm: dap Berlin", field) == {"incoterm": "DAP"}


def test_a_table_with_a_header_and_one_row_is_read_by_its_columns() -> None:
    text = "invoice_no  date        total\nR-1001      2024-03-12  1,234.50"
    found = values(
        text, Field(name="invoice_no"), Field(name="date", format="date"), Field(name="total", type=NUMBER)
    )
    assert found == {"invoice_no": "R-1001", "date": "2024-03-12", "total": 1234.5}


def test_only_the_fields_named_in_the_config_are_filled() -> None:
    fields = [Field(name="total", type=NUMBER), Field(name="invoice_number")]
    found = make_phase(fields, {"fields": ["invoice_number"]}).run(make_record(INVOICE))
    assert [cell.field for cell in found.cells] == ["invoice_number"]


def test_every_mistake_in_the_config_is_reported_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        make_phase([Field(name="total")], {"extractor": "oracle", "fields": ["totl"]})
    assert [str(problem) for problem in caught.value.problems] == [
        "extract.extractor: no extractor 'oracle'; there is local, model, local-then-model",
        "extract.fields: no field 'totl'; did you mean 'total'?",
    ]
