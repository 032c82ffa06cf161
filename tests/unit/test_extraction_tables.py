"""Line items: a header that names the columns, the rows under it, and where they end."""

from dataclasses import replace

from docrail.core.model import Box, Cell, Document, Layout, Line, Page, Record, Source, Value, Word
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.phase import Extraction

NUMBER = FieldType.NUMBER
LINES = Field(
    name="lines",
    type=FieldType.ARRAY,
    items=(
        Field(name="description"),
        Field(name="quantity", type=NUMBER),
        Field(name="unit_price", type=NUMBER),
        Field(name="amount", type=NUMBER),
    ),
)
TABLE = """\
Pos  Beschreibung            Menge   Einzelpreis     Betrag
1    Apples, green               3          1,50       4,50
     from the south
2    Pears                       2          2,00       4,00
Summe                                                  8,50
"""


def make_page(text: str, *, number: int = 1) -> Page:
    lines = [make_line(line, row=row) for row, line in enumerate(text.splitlines()) if line.strip()]
    return Page(number=number, width=600, height=800, source=Source.PLAIN, lines=tuple(lines))


def make_line(text: str, *, row: int) -> Line:
    words, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        box = Box(x0=6.0 * at, y0=12.0 * row, x1=6.0 * (at + len(word)), y1=12.0 * row + 12)
        words.append(Word(text=word, box=box))
        at += len(word)
    return Line(words=tuple(words))


def extract(field: Field, *texts: str) -> Cell | None:
    pages = tuple(make_page(text, number=number) for number, text in enumerate(texts, start=1))
    document = Document(
        id="d1", digest="0", filename="a.txt", media_type="text/plain", size_bytes=1, metadata={}
    )
    record = Record(document=document, layout=Layout(media_type="text/plain", pages=pages))
    phase = PlannedPhase(id="p2", name="extract", type=PhaseType.EXTRACTION, config={})
    return Extraction(phase, [field]).run(record).current.get(field.name)


def rows(field: Field, *texts: str) -> Value:
    cell = extract(field, *texts)
    return cell.value if cell else None


def test_rows_are_read_under_their_columns_until_the_total() -> None:
    assert rows(LINES, TABLE) == [
        {"description": "Apples, green from the south", "quantity": 3.0, "unit_price": 1.5, "amount": 4.5},
        {"description": "Pears", "quantity": 2.0, "unit_price": 2.0, "amount": 4.0},
    ]


def test_the_cell_holds_the_box_of_all_rows_and_is_never_sure() -> None:
    cell = extract(LINES, TABLE)
    assert cell is not None
    assert cell.provenance is not None
    assert cell.provenance.box is not None
    assert (cell.provenance.box.y0, cell.provenance.box.y1) == (12.0, 48.0)
    assert cell.provenance.detail == 'rows under "Pos | Beschreibung | Menge | Einzelpreis | Betrag"'
    assert 0.4 < cell.confidence <= 0.75


def test_a_table_goes_on_where_its_header_repeats_on_the_next_page() -> None:
    more = TABLE.replace("Apples, green", "Plums, blue  ").replace("     from the south\n", "")
    found = rows(LINES, TABLE.replace("Summe", "weiter"), more)
    assert isinstance(found, list)
    assert [row["description"] for row in found] == [
        "Apples, green from the south",
        "Pears",
        "Plums, blue",
        "Pears",
    ]


def test_a_table_whose_header_names_one_column_only_is_not_taken() -> None:
    assert rows(LINES, "Name      Menge\nAlice     3\n") is None or rows(LINES, "Menge\n3\n") is None
    assert rows(LINES, "no table here\n12,00\n") is None


def test_a_breakdown_of_taxes_is_not_mistaken_for_the_items() -> None:
    taxes = replace(
        LINES,
        name="taxes",
        items=tuple(Field(name=name, type=NUMBER) for name in ("rate", "basis", "amount")),
    )
    text = f"{TABLE}\n\nVAT      Net amount    VAT amount\n7%           160.00         11.20\n"
    assert rows(taxes, text) == [{"rate": 7.0, "basis": 160.0, "amount": 11.2}]
    assert rows(taxes, TABLE) is None
