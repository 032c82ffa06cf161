"""A date that may be read in two ways is resolved by the document's other dates, or said to be unsure."""

from tests.unit.test_extraction_learning import make_layout

from docrail.core.model import Document, Record
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field
from docrail.phases.extraction.phase import Extraction

DATE = Field(name="invoice_date", format="date")


def extract(text: str) -> Record:
    planned = PlannedPhase(id="x", name="x", type=PhaseType.EXTRACTION, config={})
    document = Document(
        id="d", digest="0", filename="a.txt", media_type="text/plain", size_bytes=1, metadata={}
    )
    return Extraction(planned, [DATE]).run(Record(document=document, layout=make_layout(text)))


def test_a_date_that_nothing_settles_is_said_to_be_a_guess() -> None:
    record = extract("Invoice date    03/04/2026\n")
    assert [issue.code for issue in record.issues] == ["ambiguous_date"]
    assert "month first is possible" in record.issues[0].message
    assert record.current["invoice_date"].confidence < 0.7


def test_a_date_is_read_as_the_other_dates_of_the_document_are() -> None:
    record = extract("Invoice date    03/04/2026\nPaid    12/31/2025\n")
    assert record.issues == ()
    assert record.current["invoice_date"].value == "2026-03-04"
