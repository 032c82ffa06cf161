"""Dates and decimals as people print them: what is printed is read back, and nothing printed breaks the reader."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docrail.core.parsing import find_dates, parse_date, parse_decimal

# fmt: off
MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
           "November", "Dezember"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre"),
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
           "noviembre", "diciembre"),
    "it": ("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
           "ottobre", "novembre", "dicembre"),
    "nl": ("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober",
           "november", "december"),
}
# fmt: on
DAYS = st.dates(min_value=date(1970, 1, 1), max_value=date(2069, 12, 31))
CENTS = st.integers(min_value=-(10**11), max_value=10**11)
FORMATS = {
    "de_DE": ".,",
    "fr_FR": " ,",
    "es_ES": ".,",
    "it_IT": ".,",
    "nl_NL": ".,",
    "en_US": ",.",
    "de_CH": "'.",
}


@given(day=DAYS, language=st.sampled_from(sorted(MONTHS)))
def test_a_date_with_a_month_name_is_read_in_every_language(day: date, language: str) -> None:
    text = f"{day.day}. {MONTHS[language][day.month - 1]} {day.year}"
    assert (day.isoformat(), False) == parse_date(text, locale=None)


@given(day=DAYS, separator=st.sampled_from("./-"))
def test_the_locale_settles_the_order_of_day_and_month(day: date, separator: str) -> None:
    day_first = day.strftime(f"%d{separator}%m{separator}%Y")
    month_first = day.strftime(f"%m{separator}%d{separator}%Y")
    assert (day.isoformat(), False) == parse_date(day_first, locale="de_DE")
    assert (day.isoformat(), False) == parse_date(month_first, locale="en_US")


@given(day=DAYS)
def test_without_a_locale_an_undecided_date_is_said_to_be_undecided(day: date) -> None:
    found = parse_date(day.strftime("%d/%m/%Y"), locale=None)
    assert found == (day.isoformat(), day.day <= 12 and day.day != day.month)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Mon, 12 Mar 2024 10:22", "2024-03-12"),
        ("25/03/2018 8:13:39 PM", "2018-03-25"),
        ("03-MAR-21", "2021-03-03"),
        ("March 3rd, 2021", "2021-03-03"),
        ("3 de marzo de 2020", "2020-03-03"),
        ("1er août 2020", "2020-08-01"),
        ("15JAN2018", "2018-01-15"),
        ("20240105", "2024-01-05"),
        ("2024年1月5日", "2024-01-05"),
    ],
)
def test_dates_are_read_in_the_ways_that_documents_print_them(text: str, iso: str) -> None:
    found = parse_date(text, locale=None)
    assert found is not None
    assert iso == found[0]


@pytest.mark.parametrize(
    "text", ["31/02/2024", "May 2024", "12.5", "invoice 12.03.2024 paid", "", "99/99/9999"]
)
def test_what_is_not_a_date_as_a_whole_is_none(text: str) -> None:
    assert parse_date(text, locale=None) is None


@given(cents=CENTS, locale=st.sampled_from(sorted(FORMATS)))
def test_an_amount_is_read_as_its_locale_prints_it(cents: int, locale: str) -> None:
    group, mark = FORMATS[locale]
    text = f"{abs(cents) // 100:,}".replace(",", group) + f"{mark}{abs(cents) % 100:02}"
    signed = f"-{text}" if cents < 0 else text
    assert parse_decimal(signed, locale=locale) == pytest.approx(cents / 100)
    assert parse_decimal(signed, locale=None) == pytest.approx(cents / 100)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(1,234.50)", -1234.5),
        ("12,00-", -12.0),
        ("$ -5.00", -5.0),
        ("-$5.00", -5.0),
        ("CHF 1'000.-", 1000.0),
        ("RM5.00", 5.0),
        ("19 %", 19.0),
        ("1,23,456.00", 123456.0),
        ("−3,5", -3.5),
    ],
)
def test_signs_currencies_and_percent_are_understood(text: str, number: float) -> None:
    assert number == parse_decimal(text, locale=None)


def test_a_lone_separator_before_three_digits_is_read_by_the_locale() -> None:
    assert parse_decimal("1.234", locale="de_DE") == 1234
    assert parse_decimal("1.234", locale="en_US") == 1.234
    assert parse_decimal("1,234", locale="fr_FR") == 1.234


@pytest.mark.parametrize("text", ["", "-", "12 apples", "3.4.5", "(5", "1 20", "--5", "9" * 400])
def test_what_is_not_a_number_as_a_whole_is_none(text: str) -> None:
    assert parse_decimal(text, locale=None) is None


@given(text=st.text(), locale=st.sampled_from([None, "de_DE", "en_US", "en", "xx"]))
def test_no_text_breaks_the_parsers(text: str, locale: str | None) -> None:
    parse_date(text, locale=locale)
    parse_decimal(text, locale=locale)
    list(find_dates(text, locale=locale))
