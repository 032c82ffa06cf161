"""Numbers that carry digits to check them by: account numbers, tax numbers, article numbers."""

from functools import cache
from importlib import import_module
from typing import Any

KINDS = {
    "iban": "stdnum.iban",
    "bic": "stdnum.bic",
    "vat": "stdnum.eu.vat",
    "ean": "stdnum.ean",
    "isbn": "stdnum.isbn",
    "issn": "stdnum.issn",
    "lei": "stdnum.lei",
    "luhn": "stdnum.luhn",
    "isin": "stdnum.isin",
    "imo": "stdnum.imo",
    "creditor_reference": "stdnum.iso11649",
    "gs1": "stdnum.gs1_128",
    "us_ein": "stdnum.us.ein",
    "de_tax_id": "stdnum.de.idnr",
    "fr_siren": "stdnum.fr.siren",
    "fr_siret": "stdnum.fr.siret",
    "it_fiscal_code": "stdnum.it.codicefiscale",
    "es_nif": "stdnum.es.nif",
    "nl_bsn": "stdnum.nl.bsn",
    "ch_uid": "stdnum.ch.uid",
    "gb_vat": "stdnum.gb.vat",
}
"""What can be checked, and the module of python-stdnum that does it."""


def has_good_digits(text: str, kind: str) -> bool:
    """Whether `text` is a number of this kind whose check digits are right; spaces and dots do not matter.

    >>> has_good_digits("DE89 3704 0044 0532 0130 00", "iban"), has_good_digits("DE88370400440532013000", "iban")
    (True, False)
    >>> has_good_digits("DE 136.695.976", "vat"), has_good_digits("4006381333931", "ean")
    (True, True)
    """
    return bool(_module(kind).is_valid(text))


@cache
def _module(kind: str) -> Any:
    return import_module(KINDS[kind])
