"""The language of a text by its most common words: English, German, French, Spanish, Italian, Dutch, Portuguese."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from docrail.core.model import Layout

_COMMON = {
    "en": "the of and to in is for on with this that from by are be at or as your you we it not have has was "
    "invoice date total amount number please due payment name address bill tax paid account "
    "description quantity price",
    "de": "der die das und ist für mit von den dem des auf ein eine einer nicht sich zu im bei aus wir sie ihre "
    "ihr nach bis oder zum zur rechnung datum betrag summe menge preis gesamt netto brutto mwst ust "
    "steuer kunde nummer bitte zahlung straße konto",
    "fr": "le la les des et est pour avec dans sur une un du au aux par pas ce cette vous nous votre notre qui "
    "que facture date montant total tva prix quantité adresse client numéro paiement référence livraison "
    "ligne ht ttc échéance",
    "es": "el los las del y es por con para una que su sus este esta al lo como más nos factura fecha importe "
    "cantidad precio dirección cliente número pago iva descripción calle vencimiento",
    "it": "il lo gli di e è per con una che del della dei delle al alla nel sono non si da fattura data "
    "importo totale quantità prezzo indirizzo cliente numero pagamento descrizione via scadenza",
    "nl": "de het een en van is voor met op dat niet zijn bij aan te uw wij ons onze door naar of factuur datum "
    "bedrag totaal aantal prijs btw klant nummer betaling adres vervaldatum omschrijving subtotaal",
    "pt": "o os as do da dos das e é para com uma que não em no na por ao se sua seu fatura data valor total "
    "quantidade preço endereço cliente número pagamento descrição vencimento rua",
}
_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _code, _words in _COMMON.items():
    for _word in _words.split():
        _LANGUAGES[_word] = (*_LANGUAGES.get(_word, ()), _code)
_MOST_WORDS = 600
_FEWEST = 4
_LEAD = 1.25


def find_language(layout: Layout) -> str | None:
    """The ISO 639-1 code of the layout's text, or None when too few common words tell or two languages are close."""
    words = (word.text for page in layout.pages for line in page.lines for word in line.words)
    return detect_language(islice(words, _MOST_WORDS))


def detect_language(words: Iterable[str]) -> str | None:
    """The ISO 639-1 code of these words.

    >>> detect_language("Bitte zahlen Sie den Betrag bis zum 3. Mai auf das Konto".split())
    'de'
    >>> detect_language(["12", "EUR"])
    """
    votes: Counter[str] = Counter()
    for word in words:
        for code in _LANGUAGES.get(word.lower().strip(".,:;()'\""), ()):
            votes[code] += 1
    (best, most), (_, second) = [*votes.most_common(2), ("", 0), ("", 0)][:2]
    return best if most >= _FEWEST and most >= _LEAD * second else None


def has_known_words(words: Iterable[str]) -> bool:
    """Whether any of the words (of three letters or more) is a common one of any language known here."""
    return any(len(word) > 2 and word.lower() in _LANGUAGES for word in words)
