"""An e-invoice's XML, in CII (ZUGFeRD, Factur-X, XRechnung) or UBL, read term by term."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from lxml import etree

from docrail.core.model import Value
from docrail.phases.transfer.terms import Term, all_terms, old_names

_SYNTAX = {
    "CrossIndustryInvoice": "cii",
    "CrossIndustryDocument": "cii",
    "Invoice": "ubl",
    "CreditNote": "ubl",
}
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:\D.*|\d{4}|\d{6})?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the XML says of a term: the value, the text as it stands there, and its XPath."""

    value: Value
    text: str | None
    address: str


class Ambiguous(Exception):  # noqa: N818  # not a failure: the XML says two things
    """The XML says two different things for one term."""


@dataclass(frozen=True)
class InvoiceXml:
    """A parsed e-invoice."""

    root: etree._Element
    syntax: str

    def read(self, term: Term) -> Reading | None:
        """The value of a term, or nothing.

        Raises Ambiguous when the XML gives it several.
        """
        found = self._find(term, self.root)
        readings = [each for each in found if each.value is not None]
        if len({repr(each.value) for each in readings}) > 1 and not term.first:
            raise Ambiguous(term.id)
        return readings[0] if readings else None

    def read_rows(self, group: Term, columns: Mapping[str, Term | None]) -> Reading | None:
        """The rows of a group (`taxes`, `lines`) with the wanted columns, or nothing when there are none."""
        rows = [row for path in group.paths[self.syntax] for row in _select(self.root, path)]
        elements = [row for row in rows if isinstance(row, etree._Element)]
        if not elements:
            return None
        values = [{name: self._cell(row, column) for name, column in columns.items()} for row in elements]
        return Reading(value=values, text=None, address=re.sub(r"\[\d+\]$", "", _address(elements[0])))

    def _cell(self, row: etree._Element, column: Term | None) -> Value:
        found = self._find(column, row) if column else []
        return next((each.value for each in found if each.value is not None), None)

    def _find(self, term: Term, start: etree._Element) -> list[Reading]:
        for path in term.paths[self.syntax]:
            readings = [self._reading(node, term.kind) for node in _select(start, path) if self._counts(node)]
            if readings:
                return readings
        return []

    def _counts(self, node: object) -> bool:
        """Whether an amount is in the invoice's own currency."""
        currency = node.get("currencyID") if isinstance(node, etree._Element) else None
        return not currency or not self._currency or currency == self._currency

    @cached_property
    def _currency(self) -> str | None:
        term = next(term for term in all_terms() if term.id == "BT-5")
        nodes = [node for path in term.paths[self.syntax] for node in _select(self.root, path)]
        return _text(nodes[0]) if nodes else None

    def _reading(self, node: object, kind: str) -> Reading:
        text = _text(node)
        return Reading(value=_value(text, kind), text=text, address=_address(node))


def parse_invoice(text: str) -> InvoiceXml | None:
    """The e-invoice in `text`, or nothing when it is other XML or none: no entity, no DTD, no network.

    Raises ValueError for XML that is broken or that declares a document type.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    body = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    try:
        root = etree.fromstring(body.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"the XML is broken at line {error.lineno}") from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # lxml-stubs do not know it
        raise ValueError("the XML declares a document type, which an e-invoice never does")
    syntax = _SYNTAX.get(etree.QName(root).localname)
    return InvoiceXml(root=root, syntax=syntax) if syntax else None


def _select(start: etree._Element, path: str) -> Sequence[object]:
    found = _xpath(path)(start)
    return found if isinstance(found, list) else []


@cache
def _xpath(path: str) -> etree.XPath:
    """A path of local names as XPath that minds no namespace, and knows the names of ZUGFeRD 1.0 too."""
    return etree.XPath(re.sub(r"(?<![\w@'-])([A-Z]\w*)(?!['\w(])", _step, path))


def _step(match: re.Match[str]) -> str:
    names = [match[1], *([old_names()[match[1]]] if match[1] in old_names() else [])]
    return "*[" + " or ".join(f"local-name()='{name}'" for name in names) + "]"


def _text(node: object) -> str | None:
    text = node.text if isinstance(node, etree._Element) else str(node)
    return (text or "").strip() or None


def _value(text: str | None, kind: str) -> Value:
    if text is None:
        return None
    if kind == "date":
        match = _DATE.fullmatch(text)
        return "-".join(match.groups()[:3]) if match else None
    if kind == "amount":
        return _number(text)
    return "".join(text.split()).upper() if kind == "iban" else text


def _number(text: str) -> int | float | None:
    """A number of XML Schema; a whole one is an int however many zeros it is written with."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text):
        return None
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _address(node: object) -> str:
    """An XPath of local names: `/CrossIndustryInvoice/ExchangedDocument/ID`."""
    if not isinstance(node, etree._Element):
        owner, name = getattr(node, "getparent", lambda: None)(), getattr(node, "attrname", "")
        return f"{_address(owner)}/@{name}" if owner is not None else ""
    parent, name = node.getparent(), etree.QName(node).localname
    if parent is None:
        return f"/{name}"
    same = [each for each in parent if etree.QName(each).localname == name]
    place = f"[{same.index(node) + 1}]" if len(same) > 1 else ""
    return f"{_address(parent)}/{name}{place}"
