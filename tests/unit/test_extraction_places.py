"""Segments, address blocks and parties: what stands together, and whose an address is."""

from docrail.core.model import Box, Layout, Line, Page, Source, Word
from docrail.phases.extraction.candidates import read_document
from docrail.phases.extraction.segments import read_sheets


def make_word(text: str, *, x: float, y: float, height: float = 10) -> Word:
    return Word(text=text, box=Box(x0=x, y0=y, x1=x + 5 * len(text), y1=y + height))


def make_layout(*lines: list[Word]) -> Layout:
    page = Page(
        number=1,
        width=600,
        height=800,
        source=Source.TEXT_LAYER,
        lines=tuple(Line(words=tuple(words)) for words in lines),
    )
    return Layout(media_type="application/pdf", pages=(page,))


def make_lines(text: str) -> Layout:
    """Each line of `text` on a line of its own, 14 points apart, its words where they stand in it."""
    lines = []
    for row, line in enumerate(text.splitlines()):
        words, at = [], 0
        for word in line.split():
            at = line.index(word, at)
            words.append(make_word(word, x=5.0 * at, y=14.0 * row))
            at += len(word)
        if words:
            lines.append(words)
    return make_layout(*lines)


def rows_of(layout: Layout) -> list[list[str]]:
    return [[segment.text for segment in row] for row in read_sheets(layout)[0].rows]


def parties_of(text: str) -> list[tuple[str | None, str | None]]:
    blocks = read_document(make_lines(text)).blocks
    return [(block.party, block.name.text if block.name else None) for block in blocks]


def test_a_line_is_split_at_wide_gaps_only() -> None:
    line = [make_word("Total", x=0, y=0), make_word("amount", x=28, y=0), make_word("12.00", x=90, y=0)]
    assert rows_of(make_layout(line)) == [["Total amount", "12.00"]]


def test_columns_that_the_reader_put_on_lines_of_their_own_are_one_row() -> None:
    left, right = [make_word("Total", x=0, y=100)], [make_word("12.00", x=200, y=101)]
    assert rows_of(make_layout(left, right)) == [["Total", "12.00"]]


def test_two_lines_merged_beside_tall_print_are_taken_apart() -> None:
    line = [
        make_word("FACTUUR", x=0, y=43, height=25),
        make_word("Coolblue", x=300, y=46),
        make_word("Weena", x=300, y=60),
        make_word("664", x=330, y=60),
        make_word("B.V.", x=343, y=46),
    ]
    texts = [text for row in rows_of(make_layout(line)) for text in row]
    assert {"FACTUUR", "Coolblue B.V.", "Weena 664"} == set(texts)


def test_a_word_of_thousands_of_letters_is_left_out() -> None:
    line = [make_word("Total", x=0, y=0), make_word("x" * 5000, x=40, y=0)]
    assert rows_of(make_layout(line)) == [["Total"]]


def test_a_label_says_whose_an_address_is() -> None:
    text = "Bill to:\nBig Shop Ltd\n12 High Street\nLondon SW1A 1AA\n\n\n\nSold by\nAcme\n1 Low Road\nLeeds LS1 4AP"
    assert parties_of(text) == [("buyer", "Big Shop Ltd"), ("seller", "Acme")]


def test_without_a_label_the_seller_is_the_one_who_tells_how_to_reach_him() -> None:
    text = (
        "Theodor Est\nBahnstr. 42\n88802 Spielkreis\n\n\n\n"
        "Bei Spiel GmbH\nEcke 12\n12345 Stadthausen\nTel. 0555 2378\ninfo@example.com"
    )
    assert parties_of(text) == [("buyer", "Theodor Est"), ("seller", "Bei Spiel GmbH")]


def test_the_line_over_the_window_of_an_envelope_is_the_seller() -> None:
    text = "Acme AG | Feldweg 1 | 10115 Berlin\n\nBig Shop\nBahnstr. 42\n88802 Spielkreis"
    assert parties_of(text) == [("seller", "Acme AG"), ("buyer", "Big Shop")]


def test_a_dutch_postcode_is_no_swedish_company() -> None:
    (block,) = read_document(make_lines("De Vries Bouw\nDorpsstraat 1\n3511 AB Utrecht")).blocks
    assert [line.text for line in block.lines] == ["Dorpsstraat 1", "3511 AB Utrecht"]
