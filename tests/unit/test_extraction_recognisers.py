"""The recognisers: what they find in a text, where, and that no text breaks them."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docrail.phases.extraction.blocks import is_street, split_town
from docrail.phases.extraction.checkboxes import find_ticks
from docrail.phases.extraction.currencies import find_currencies
from docrail.phases.extraction.figures import find_figures, find_totals
from docrail.phases.extraction.hints import read_hints
from docrail.phases.extraction.identifiers import (
    find_bics,
    find_codes,
    find_emails,
    find_ibans,
    find_phones,
    find_urls,
    find_vat_ids,
)
from docrail.phases.extraction.labels import normal_label, similarity
from docrail.phases.extraction.lexicon import read_label
from docrail.phases.extraction.spans import Found

EVERY = (
    find_bics, find_codes, find_emails, find_ibans, find_phones, find_urls, find_vat_ids, find_currencies, find_ticks,
)  # fmt: skip


@pytest.mark.parametrize("find", EVERY)
@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_no_text_breaks_a_recogniser_and_spans_lie_inside(
    find: Callable[[str], Iterator[Found]], text: str
) -> None:
    for found in find(text):
        assert 0 <= found.start < found.end <= len(text)


@given(text=st.text(alphabet="0123456789.,-+()€$% RMEUabx/:'", max_size=60))
def test_no_text_breaks_the_finder_of_figures(text: str) -> None:
    for found in find_figures(text, locale=None):
        assert isinstance(found.value, float)
        assert 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("TOTAL RM 30.91", [30.91]),
        ("4,759 .20", [4759.2]),
        ("45 ,93 €", [45.93]),
        ("€ 1.000,-", [1000.0]),
        ("Rs -40.00,", [-40.0]),
        ("(12.50)", [-12.5]),
        ("1 X 3.11 3.11", [1.0, 3.11, 3.11]),
        ("12-05-2024", []),
        ("13:45", []),
        ("A4/A3 12pcs", []),
    ],
)
def test_figures_are_found_with_their_sign_and_without_dates_and_times(
    text: str, values: list[float]
) -> None:
    assert values == [found.value for found in find_figures(text, locale="de_DE" if "€" in text else None)]


def test_the_largest_sum_of_net_and_tax_is_the_total() -> None:
    texts = ["160.00", "11.20", "171.20", "Net 496.00", "VAT 75.04", "Total 571.04", "Cash 600.00"]
    assert find_totals(texts, locale="en_US") == (496.0, 75.04, 571.04)
    assert find_totals(["1.00", "2.00"], locale="en_US") is None


def test_a_wrong_check_digit_is_said_and_doubted() -> None:
    (right,) = find_ibans("IBAN: NL50 INGB 0683 2513 09")
    (wrong,) = find_ibans("IBAN: NL51 INGB 0683 2513 09")
    assert (right.value, right.note) == ("NL50INGB0683251309", None)
    assert wrong.note == "its check digits are wrong"
    assert wrong.doubt > 0


def test_an_iban_ends_before_the_word_after_it() -> None:
    (found,) = find_ibans("DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX")
    assert found.value == "DE89370400440532013000"


def test_a_code_keeps_its_signs_but_not_those_round_it() -> None:
    assert [one.value for one in find_codes("Facture n°562044387 (#BLR_WFLD2015.)")] == [
        "562044387",
        "BLR_WFLD2015",
    ]


def test_a_dollar_sign_alone_is_not_sure_to_be_us_dollars() -> None:
    (dollar,) = find_currencies("$ 5.00")
    (franc,) = find_currencies("CHF 5.00")
    assert (dollar.value, bool(dollar.note)) == ("USD", True)
    assert (franc.value, franc.note) == ("CHF", None)


def test_a_word_in_a_sentence_is_no_tick() -> None:
    assert list(find_ticks("Invoice No")) == []
    assert list(find_ticks("Video Delivery (On Demand)")) == []
    assert [one.value for one in find_ticks("Paid: yes")] == [True]


@pytest.mark.parametrize("text", ["35 rue d'ici", "12 High Street", "Bahnstr. 42", "Weena 664", "Via Roma 1"])
def test_a_street_is_known_by_its_word_or_its_number(text: str) -> None:
    assert is_street(text)


@pytest.mark.parametrize("text", ["Tel. 030 1234", "Amsterdam", "Total 12.00", "info@example.com"])
def test_other_lines_are_no_street(text: str) -> None:
    assert not is_street(text)


def test_postcode_and_town_are_told_apart_in_many_countries() -> None:
    assert split_town("London SW1A 1AA") == ("SW1A 1AA", "London")
    assert split_town("06000 MA VILLE, FR") == ("06000", "MA VILLE")
    assert split_town("Bellevue, WA 98005") == ("98005", "Bellevue")


@pytest.mark.parametrize(
    ("label", "concept"),
    [
        ("Rechnungs-Nr.:", "invoice_number"),
        ("N° de facture", "invoice_number"),
        ("Fällig am", "due_date"),
        ("Date d'échéance :", "due_date"),
        ("Fecha de vencimiento", "due_date"),
        ("Totaal excl. BTW", "net_total"),
        ("Totale documento", "gross_total"),
        ("Total TTC", "gross_total"),
        ("Partita IVA", "vat_id"),
        ("Klantnummer", "customer_number"),
    ],
)
def test_labels_are_understood_in_six_languages(label: str, concept: str) -> None:
    said = read_label(normal_label(label))
    assert said[concept] == max(said.values()) >= 0.97


def test_a_label_with_a_word_more_says_less() -> None:
    own, other = normal_label("Total"), normal_label("Total quantity")
    assert similarity(own, own) > similarity(own, other)


def test_dates_of_a_document_decide_each_other() -> None:
    assert read_hints(["31/01/2024", "02/03/2024"]).dates == "en_GB"
    assert read_hints(["01/31/2024", "02/03/2024"]).dates == "en_US"
    assert read_hints(["02/03/2024", "Scranton PA 18503"]).dates == "en_US"
    assert read_hints(["02/03/2024", "Rechnung und Betrag für die Zahlung von der"]).dates == "de"
    assert read_hints(["02/03/2024"]).dates_doubt > 0.3
