"""Transfer: what is given and what an e-invoice says, exact and never guessed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from docrail.core.model import Cell, Document, Embedded, Layout, Provenance, Record, Value
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field, FieldType
from docrail.phases.transfer.phase import Transfer
from docrail.phases.transfer.terms import all_terms, find_term

DATA = Path(__file__).parent.parent / "data" / "einvoice"
TRUTH = [json.loads(line) for line in (DATA / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
NUMBERS = {"quantity", "unit_price", "line_total", "vat_rate", "rate", "basis", "amount"}
AMOUNTS = {"line_total", "net_total", "tax_total", "gross_total", "prepaid", "due_payable"}
ROWS = {
    "taxes": ("rate", "basis", "amount", "category"),
    "lines": ("position", "article", "name", "quantity", "unit", "unit_price", "line_total", "vat_rate"),
}
UBL = '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">{}</Invoice>'


def number_or_text(name: str, numbers: set[str]) -> Field:
    return Field(name=name, type=FieldType.NUMBER if name in numbers else FieldType.STRING)


def every_field() -> list[Field]:
    plain = [number_or_text(name, AMOUNTS) for name in TRUTH[0]["fields"] if name not in ROWS]
    rows = [
        Field(name=name, type=FieldType.ARRAY, items=tuple(number_or_text(each, NUMBERS) for each in columns))
        for name, columns in ROWS.items()
    ]
    return [*plain, *rows]


def make_record(xml: str | None = None, *cells: Cell, **metadata: Value) -> Record:
    document = Document(id="d", digest="", filename="a.xml", media_type="x", size_bytes=1, metadata=metadata)
    embedded = (Embedded(name="factur-x.xml", media_type="text/xml", text=xml),) if xml else ()
    return Record(document=document, layout=Layout(media_type="x", pages=(), embedded=embedded), cells=cells)


def transfer(record: Record, *fields: Field) -> Record:
    phase = PlannedPhase(id="transfer", name="Transfer", type=PhaseType.TRANSFER, config={})
    return Transfer(phase, fields).run(record)


def read_sample(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "expected"), [(name, each["fields"]) for each in TRUTH for name in each["files"]]
)
def test_every_value_of_a_real_e_invoice_is_exact(name: str, expected: Mapping[str, Any]) -> None:
    record = transfer(make_record(read_sample(name)), *every_field())
    assert {key: record.values.get(key, []) for key in ROWS} == {key: expected[key] for key in ROWS}
    assert {key: record.values.get(key) for key in expected.keys() - ROWS.keys()} == {
        key: value for key, value in expected.items() if key not in ROWS
    }


def test_both_syntaxes_give_the_same_json() -> None:
    for first, second in (each["files"] for each in TRUTH if len(each["files"]) == 2):
        records = [
            transfer(make_record(read_sample(name)), *every_field()).values for name in (first, second)
        ]
        assert json.dumps(records[0]) == json.dumps(records[1])


def test_a_value_says_where_it_stands() -> None:
    cii = transfer(
        make_record(read_sample("zugferd/Facture_F20180027.xml")), Field(name="iban"), Field(name="lines")
    )
    assert cii.current["iban"] == Cell(
        field="iban",
        value="FR7612542547256985425874698",
        confidence=1.0,
        phase="transfer",
        provenance=Provenance(
            method="einvoice",
            text="FR76 1254 2547 2569 8542 5874 698",
            address="/CrossIndustryInvoice/SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement"
            "/SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID",
            detail="BT-84 iban",
        ),
    )


@pytest.mark.parametrize(
    ("field", "term"),
    [
        (Field(name="Invoice No."), "BT-1"),
        (Field(name="total_amount"), "BT-112"),
        (Field(name="vendor"), "BT-27"),
        (Field(name="customer_name"), "BT-44"),
        (Field(name="amount_due"), "BT-115"),
        (Field(name="number", synonyms=("Rechnungsnummer", "Invoice number")), "BT-1"),
        (Field(name="x", title="Fälligkeitsdatum"), "BT-9"),
        (Field(name="whatever", term="bt-13"), "BT-13"),
        (Field(name="total", synonyms=("Amount due",)), "BT-112"),
        (Field(name="sum", synonyms=("Total", "Amount due")), None),
        (Field(name="date"), None),
        (Field(name="vat_id"), None),
        (Field(name="name"), None),
    ],
)
def test_a_field_means_a_term_only_when_there_is_no_doubt(field: Field, term: str | None) -> None:
    found = find_term(field)
    assert (found.id if found else None) == term


def test_no_two_terms_share_a_name() -> None:
    names = [name for term in all_terms() for name in term.names]
    columns = [[name for column in term.columns for name in column.names] for term in all_terms()]
    assert all(len(each) == len(set(each)) for each in (names, *columns))


def test_line_items_follow_the_columns_that_are_asked_for() -> None:
    columns = tuple(Field(name=name) for name in ("description", "qty", "colour"))
    lines = Field(name="line_items", type=FieldType.ARRAY, items=columns)
    record = transfer(make_record(read_sample("zugferd/Facture_F20180027.xml")), lines)
    assert record.values["line_items"][0] == {"description": "PRESTATION SUPPORT", "qty": "1", "colour": None}  # type: ignore[index, call-overload]


def test_a_credit_note_is_read_too() -> None:
    xml = read_sample("xrechnung/01.02a-INVOICE_ubl.xml")
    for name in ("InvoiceTypeCode", "InvoicedQuantity", "InvoiceLine", "ubl:Invoice"):
        xml = xml.replace(name, name.replace("Invoiced", "Credited").replace("Invoice", "CreditNote"))
    record = transfer(make_record(xml), *every_field())
    assert (record.values["type_code"], record.values["invoice_number"]) == ("380", "123456")
    assert len(record.values["lines"]) == 1  # type: ignore[arg-type]


def test_two_answers_are_no_answer() -> None:
    xml = UBL.format("<DueDate>2024-01-01</DueDate><DueDate>2024-01-02</DueDate><ID>7</ID>")
    record = transfer(make_record(xml), Field(name="due_date"), Field(name="invoice_number"))
    assert (record.values, [issue.code for issue in record.issues]) == (
        {"invoice_number": "7"},
        ["einvoice_ambiguous"],
    )


def test_a_total_in_another_currency_is_not_the_total() -> None:
    tax = '<TaxTotal><TaxAmount currencyID="{}">{}</TaxAmount></TaxTotal>'
    body = "<DocumentCurrencyCode>EUR</DocumentCurrencyCode>" + tax.format("GBP", 9) + tax.format("EUR", 10)
    record = transfer(make_record(UBL.format(body)), Field(name="tax", type=FieldType.NUMBER))
    assert record.values == {"tax": 10}


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + UBL.format("<ID>&e;</ID>"),
        '<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>' + UBL.format("<ID>&b;</ID>"),
        UBL.format("<ID>"),
        "not XML",
    ],
)
def test_hostile_and_broken_xml_fills_nothing_and_says_so(xml: str) -> None:
    record = transfer(make_record(xml), Field(name="invoice_number"))
    assert (record.values, [issue.code for issue in record.issues]) == ({}, ["einvoice_unreadable"])


def test_other_xml_is_nothing_to_remark_on() -> None:
    assert transfer(make_record("<html/>"), Field(name="invoice_number")).issues == ()


def test_given_values_fill_fields_of_their_type() -> None:
    fields = (
        Field(name="invoice_number"),
        Field(name="total", type=FieldType.NUMBER, synonyms=("Grand Total",), locale="de_DE"),
        Field(name="due", format="date", title="Due date"),
        Field(name="paid", type=FieldType.BOOLEAN),
    )
    metadata = {"Invoice-Number": 17, "grand total": "1.234,50", "DUE_DATE": "31.12.2024", "paid": "yes"}
    record = transfer(make_record(None, **metadata), *fields)
    assert record.values == {"invoice_number": "17", "total": 1234.5, "due": "2024-12-31", "paid": True}
    assert record.current["total"].provenance == Provenance(method="given", address="metadata.grand total")
    assert {cell.confidence for cell in record.cells} == {1.0}


def test_a_given_value_that_does_not_fit_is_an_issue() -> None:
    record = transfer(make_record(None, total="a lot"), Field(name="total", type=FieldType.NUMBER))
    assert (record.cells, [issue.code for issue in record.issues]) == ((), ["given_unusable"])


def test_two_given_values_for_one_field_are_an_issue() -> None:
    field = Field(name="total", synonyms=("Sum", "Gross"))
    record = transfer(make_record(None, Sum="1", gross="2"), field)
    assert (record.cells, [issue.code for issue in record.issues]) == ((), ["given_ambiguous"])


def test_a_label_of_two_fields_fills_neither() -> None:
    fields = (Field(name="a", synonyms=("Date",)), Field(name="b", synonyms=("date",)))
    assert transfer(make_record(None, date="2024-01-01"), *fields).cells == ()


def test_what_is_given_counts_before_the_e_invoice() -> None:
    record = transfer(make_record(UBL.format("<ID>7</ID>"), invoice_number="8"), Field(name="invoice_number"))
    assert (record.values, [issue.code for issue in record.issues]) == (
        {"invoice_number": "8"},
        ["given_differs"],
    )


def test_a_field_that_is_filled_is_left_alone_so_a_second_time_changes_nothing() -> None:
    fields = (Field(name="invoice_number"), Field(name="currency"))
    once = transfer(make_record(UBL.format("<ID>7</ID>"), currency="EUR"), *fields)
    assert transfer(once, *fields) == once
