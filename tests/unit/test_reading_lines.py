"""Rows, blocks, tables by alignment, garbage and languages, without any file."""

import pytest

from docrail.core.model import Box, Word
from docrail.reading.blocks import find_blocks
from docrail.reading.language import detect_language
from docrail.reading.lines import Row, Run, group_lines, group_rows
from docrail.reading.pdf_garbled import is_garbled
from docrail.reading.pdf_tables import find_aligned, find_grids


def word(text: str, x: float, y: float, *, width: float = 40, height: float = 10) -> Word:
    return Word(text=text, box=Box(x0=x, y0=y, x1=x + width, y1=y + height))


def rows(*words: Word) -> list[Row]:
    return group_rows(Run(words=(each,), box=each.box) for each in words)


def test_small_lines_beside_a_tall_letter_stay_apart() -> None:
    words = [word("T", 0, 0, height=40), word("first", 50, 2), word("second", 50, 26)]
    assert sorted(line.text for line in group_lines(words)) == ["T first", "second"]


def test_a_label_and_its_value_of_another_size_are_one_line() -> None:
    assert [line.text for line in group_lines([word("12.00", 90, 0, height=16), word("Total", 0, 4)])] == [
        "Total 12.00"
    ]


def test_lines_close_below_one_another_are_one_block() -> None:
    found = find_blocks(rows(word("Anna", 0, 0), word("Main Street", 0, 12), word("apart", 0, 60)))
    assert [block.text for block in found] == ["Anna\nMain Street", "apart"]
    assert found[0].box == Box(x0=0, y0=0, x1=40, y1=22)


def test_a_heading_is_no_part_of_the_text_below() -> None:
    found = find_blocks(rows(word("Head", 0, 0, height=20), word("text", 0, 22), word("more", 0, 34)))
    assert [block.text for block in found] == ["Head", "text\nmore"]


def test_paragraphs_of_two_columns_with_gaps_at_one_height_are_not_mixed() -> None:
    words = [word(f"{side}{n}", x, 40 * n, width=150) for side, x in (("l", 0), ("r", 200)) for n in range(3)]
    head = word("head", 0, -40, width=350)
    assert [block.text for block in find_blocks(rows(head, *words))] == [
        "head", "l0", "l1", "l2", "r0", "r1", "r2",
    ]  # fmt: skip


def test_many_blocks_are_still_all_there() -> None:
    words = [word(str(n), 60 * (n % 5), 40 * (n // 5)) for n in range(300)]
    assert len(find_blocks(rows(*words))) == 300


def test_rows_that_keep_to_three_columns_are_a_table() -> None:
    words = [word(f"{row}{column}", 100 * column, 15 * row) for row in range(3) for column in range(3)]
    (table,) = find_aligned(rows(*words))
    assert [cell.text for cell in table.cells] == ["00", "01", "02", "10", "11", "12", "20", "21", "22"]
    assert table.cells[5].column == 2


@pytest.mark.parametrize(("across", "down"), [(2, 3), (3, 2)])
def test_a_form_is_no_table(across: int, down: int) -> None:
    words = [word("x", 100 * column, 15 * row) for row in range(down) for column in range(across)]
    assert find_aligned(rows(*words)) == ()


def test_rows_that_share_no_columns_are_no_table() -> None:
    words = [word("x", 100 * column + 50 * (row % 2), 15 * row) for row in range(3) for column in range(3)]
    assert find_aligned(rows(*words)) == ()


def test_lines_that_cross_are_one_grid_and_others_another() -> None:
    across = [(y, 0, 50) for y in (0, 10, 20)] + [(y, 200, 250) for y in (0, 10)]
    down = [(x, 0, 20) for x in (0, 25, 50)] + [(x, 0, 10) for x in (200, 250)]
    assert [(grid.xs, grid.ys) for grid in find_grids(across, down)] == [
        ([0, 25, 50], [0, 10, 20]),
        ([200, 250], [0, 10]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\ue001\ue002\ue003\ue004 12.00",
        "(cid:12)(cid:7)(cid:33) (cid:4)(cid:9) 5",
        "\ufffd\ufffd\ufffd total",
        " ".join(["bdfg hjklm npqrst vwxz crt plk"] * 12),
    ],
)
def test_garbage_is_garbled(text: str) -> None:
    assert is_garbled(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "120.00 EUR 7 %",
        "SKU-1234 BX-77 QTRZ 9 " * 5,
        "Съешь ещё этих мягких французских булок " * 8,
        "請求書 合計 金額 " * 40,
        "Hinweis: Überweisung \ue001 bis zum 3. Mai",
    ],
)
def test_text_is_not_garbled(text: str) -> None:
    assert not is_garbled(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Please pay the total amount of this invoice by the due date", "en"),
        ("Bitte zahlen Sie den Betrag bis zum Ende des Monats auf das Konto", "de"),
        ("Merci de payer le montant de la facture avant la date d échéance pour vous", "fr"),
        ("Por favor pague el importe de la factura en los próximos días con su número de cliente", "es"),
        ("Si prega di pagare il totale della fattura entro la scadenza alla via del numero", "it"),
        ("Wij vragen u het bedrag van de factuur te betalen voor de vervaldatum", "nl"),
        ("Por favor pague o valor da fatura até ao vencimento com o número da sua conta", "pt"),
        ("EUR 120.00 / 7", None),
    ],
)
def test_common_words_tell_the_language(text: str, language: str | None) -> None:
    assert detect_language(text.split()) == language
