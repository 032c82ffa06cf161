"""Extraction learns from confirmed values: what labels cannot tell, what it says of it, how sure it is."""

import json
from collections.abc import Sequence

from docrail.core.model import Box, Cell, Document, Layout, Line, Page, Record, Source, Value, Word
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field
from docrail.phases.extraction.learned import learned_to_json
from docrail.phases.extraction.phase import Extraction
from docrail.phases.extraction.teaching import Taught, teach
from docrail.phases.extraction.training import Vocabulary, collect

CODE = Field(name="job", format="name")
ADDRESS = Field(name="site", format="address")
NAMES = ("Ada", "Bo", "Cleo", "Dirk", "Eve", "Finn", "Gus", "Hans", "Ida", "Jo", "Kim", "Lou")


def sheet(name: str, *, other: str = "Nobody", top: int = 0) -> str:
    """A note in which the wanted name stands behind a word that nobody would put into a spec."""
    return "\n" * top + f"Quarterly note\nKeeper    {other}\nWarden    {name}\nMiller    {other} Jr\n"


def make_layout(text: str) -> Layout:
    lines = []
    for row, line in enumerate(text.splitlines()):
        words, at = [], 0
        for word in line.split():
            at = line.index(word, at)
            box = Box(x0=6.0 * at, y0=12.0 * row, x1=6.0 * (at + len(word)), y1=12.0 * row + 12)
            words.append(Word(text=word, box=box))
            at += len(word)
        if words:
            lines.append(Line(words=tuple(words)))
    page = Page(number=1, width=600, height=800, source=Source.PLAIN, lines=tuple(lines))
    return Layout(media_type="text/plain", pages=(page,))


def teach_texts(documents: Sequence[tuple[str, Value]], field: Field = CODE) -> Taught:
    vocabulary = Vocabulary()
    return teach(
        [collect(make_layout(text), [field], {field.name: value}, vocabulary) for text, value in documents],
        vocabulary,
    )


def extract(text: str, taught: Taught, field: Field = CODE) -> Cell | None:
    known = json.loads(json.dumps(learned_to_json(taught.fields)))
    planned = PlannedPhase(id="x", name="x", type=PhaseType.EXTRACTION, config={"known": known})
    document = Document(
        id="d", digest="0", filename="a.txt", media_type="text/plain", size_bytes=1, metadata={}
    )
    record = Record(document=document, layout=make_layout(text))
    return Extraction(planned, [field]).run(record).current.get(field.name)


def confirmed(count: int) -> list[tuple[str, Value]]:
    return [
        (sheet(f"{name} Stone", other=NAMES[-at - 1], top=at % 3), f"{name} Stone")
        for at, name in enumerate(NAMES[:count])
    ]


def test_confirmed_values_teach_a_label_that_the_spec_does_not_name() -> None:
    text = sheet("Zoe Rivers", other="Max Brook", top=2)
    before = extract(text, teach_texts([]))
    after = extract(text, teach_texts(confirmed(8)))
    assert before is None or before.value != "Zoe Rivers"
    assert after is not None
    assert after.value == "Zoe Rivers"
    assert after.provenance is not None
    assert after.provenance.method == "learned"


def test_a_learned_cell_says_what_was_seen_and_how_often() -> None:
    cell = extract(sheet("Zoe Rivers"), teach_texts(confirmed(8)))
    assert cell is not None
    assert cell.provenance is not None
    assert '"warden' in (cell.provenance.detail or "")
    assert "seen 8 times in 8 documents" in (cell.provenance.detail or "")


def test_fewer_than_five_documents_teach_nothing() -> None:
    assert teach_texts(confirmed(4)).fields == {}
    assert set(teach_texts(confirmed(5)).fields) == {"job"}


def test_documents_without_the_value_count_and_show_nothing_right() -> None:
    documents = [*confirmed(6), *[(f"Quarterly note\nKeeper    {name}\n", None) for name in NAMES[6:]]]
    taught = teach_texts(documents)
    assert taught.fields["job"].documents == 12
    assert extract("Quarterly note\nKeeper    Max Brook\n", taught) is None


def test_a_document_that_does_not_show_its_value_teaches_nothing() -> None:
    documents = [(text, "Somebody Else Entirely") for text, _ in confirmed(8)]
    assert teach_texts(documents).fields == {}


def test_lines_under_one_another_are_learned_as_one_value() -> None:
    def card(name: str) -> tuple[str, str]:
        where = (f"Hut {name}", "Behind the mill", "Upper Valley")
        return "Quarterly note\n\nWarden\n" + "\n".join(where) + "\n\nThank you\n", " ".join(where)

    taught = teach_texts([card(name) for name in NAMES], ADDRESS)
    text, where = card("Zoe")
    cell = extract(text, taught, ADDRESS)
    assert cell is not None
    assert cell.value == where


def test_text_that_ocr_misread_by_a_sign_still_teaches() -> None:
    documents = [(text, str(value).replace("Stone", "Stoneworks Limited")) for text, value in confirmed(8)]
    misread = [(text.replace("Stone", "St0neworks Limited"), value) for text, value in documents]
    assert set(teach_texts(misread).fields) == {"job"}


def test_the_same_documents_teach_the_same() -> None:
    assert learned_to_json(teach_texts(confirmed(8)).fields) == learned_to_json(
        teach_texts(confirmed(8)).fields
    )


def test_the_learning_curve_ends_with_what_all_documents_teach() -> None:
    curve = teach_texts(confirmed(12)).curve
    assert [point.documents for point in curve] == [5, 9]
    assert all(0 <= point.f1 <= 1 for point in curve)
    assert curve[-1].f1 > 0.7


def test_confidence_is_calibrated_once_there_are_choices_that_were_right_and_wrong() -> None:
    mixed: list[tuple[str, Value]] = []
    for at, name in enumerate(NAMES * 3):
        text = sheet(f"{name} Stone", other=f"{NAMES[at % 11]} Brook")
        mixed.append((text, f"{name} Stone" if at % 3 else f"{NAMES[at % 11]} Brook"))
    taught = teach_texts(mixed)
    certainty = taught.fields["job"].certainty
    assert certainty is not None
    assert certainty.of(1.4, 1.0) >= certainty.of(0.5, 0.0)
    cell = extract(sheet("Zoe Rivers", other="Max Brook"), taught)
    assert cell is not None
    assert 0.3 < cell.confidence < 0.95
