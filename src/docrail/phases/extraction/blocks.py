"""Address blocks: lines that stand under one another, the name over them, and whose they are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from docrail.core.model import Box
from docrail.core.parsing import find_dates
from docrail.phases.extraction.labels import normal_label
from docrail.phases.extraction.lexicon import read_label
from docrail.phases.extraction.segments import Segment, Sheet

_STREET = re.compile(
    r"\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way|court|square|terrace|close|suite|floor|"
    r"building|unit|apt|p\.?\s?o\.?\s?box|postfach|jalan|jln|lot|lorong|taman|persiaran|rue|allée|place|chemin|impasse|"
    r"quai|cours|via|viale|piazza|corso|calle|avenida|plaza|paseo|weg|laan|plein|gracht|straat|platz|allee|gasse)\b|"
    r"\bc/\s?\w|(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|allee|straat|laan|gracht|kade)(?=[\s,]*\d)|^(?:no\.?|nr\.?)\s?\d",
    re.IGNORECASE,
)
_POSTCODE = re.compile(
    r"(?<![\w./-])(?:(?:[A-Z]{1,2}-)?(?P<plain>\d{5,6}|\d{4}(?:\s?(?P<dutch>[A-Z]{2})(?=\s))?)(?:-\d{4})?"
    r"|(?P<uk>[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}))(?![\w/:.-]|,\d)"
)
_NOT_ADDRESS = re.compile(
    r"[@:]|www\.|https?:|\b(?:tel|fax|phone|email|e-mail|gst|vat|ust|tva|btw|reg|iban|bic|invoice|receipt|date|cash|total|"
    r"siren|siret|gln|kvk|attn|contact|hp|h/p|co\.? no|company no)\b\s*(?:no|id|n°)?\W|[€$£%]|(?<![\w,.])\d+[.,]\d\d$",
    re.IGNORECASE,
)
COMPANY = re.compile(
    r"\b(?:gmbh|ag|kg|ohg|ug|e\.?k|ltd|limited|inc|llc|llp|plc|corp|corporation|incorporated|co|company|sdn\.?\s?bhd|"
    r"sdn|bhd|pte|pvt|b\.?v|n\.?v|sarl|sasu?|s\.?a|s\.?r\.?l|s\.?p\.?a|s\.?l|sl|ab|oy|as|aps|enterprise|trading|restaurant|"
    r"store|stores|group|holding|services|industries|mart|pharmacy|hardware|station[ae]ry)\b\.?",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:invoice|receipt|bill|rechnung|facture|factura|fattura|factuur|statement)\b", re.IGNORECASE
)
_PLACE = re.compile(r"[^\W\d_][^\d:()@]{1,30}(?: [A-Z]\d\w [A-Z0-9]{4})?\.?")
_SIGNS = re.compile(r"[|●•·∙▪]|\s[-–]\s")
_LINES_AT_MOST = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """An address as printed: `lines` from street to city or country, the `name` over it, and its party."""

    name: Segment | None
    lines: tuple[Segment, ...]
    party: str | None


def find_blocks(sheet: Sheet) -> Iterator[Block]:
    """The address blocks of a page, top to bottom."""
    used: set[tuple[int, int]] = set()
    for segment in sheet.segments:
        if (segment.row, segment.column) in used or not _may_be_address(segment.text):
            continue
        alone = len(_SIGNS.findall(segment.text)) >= 2 and _has_town(segment.text)
        lines = (segment,) if alone else _address_lines([segment, *_stack_below(sheet, segment)])
        if lines:
            used.update((line.row, line.column) for line in lines)
            name, label = _name_over(sheet, lines[0])
            party = _party_said(label or _left(sheet, name or lines[0]))
            if party is None and _is_sender_line(sheet, lines):
                party, name = "seller", _name_in_line(lines[0])
            yield Block(name=name, lines=lines, party=party)


def split_town(text: str) -> tuple[str, str] | None:
    """The postcode and the town of an address line.

    >>> split_town("D-63571 Gelnhausen"), split_town("Scranton PA 18503"), split_town("3012 CN Rotterdam")
    (('63571', 'Gelnhausen'), ('18503', 'Scranton'), ('3012 CN', 'Rotterdam'))
    """
    match = _POSTCODE.search(text)
    if match is None:
        return None
    code = match["uk"] or match["plain"]
    after = re.split(r"[,(|]|\s[-–•●]\s", text[match.end() :].strip(" ,-"))[0].strip()
    before = re.split(r"[,;]", text[: match.start()].strip(" ,-"))
    named = [part.strip() for part in before if re.search(r"[^\W\d]{3}", part)]
    town = (
        after if re.search(r"[^\W\d]{3}", after) else re.sub(r"\s[A-Z]{2}$", "", named[-1] if named else "")
    )
    return code, town.strip()


def is_street(text: str) -> bool:
    """Whether a line names a street.

    >>> is_street("35 rue d'ici"), is_street("Weena 664"), is_street("Amsterdam")
    (True, True, False)
    """
    if _NOT_ADDRESS.search(text):
        return False
    return bool(
        _STREET.search(text) or re.fullmatch(r"[^\W\d][\w.' -]{2,30} \d{1,4} ?[a-zA-Z]?", text.strip(" ,"))
    )


def _may_be_address(text: str) -> bool:
    return bool(is_street(text) or (_has_town(text) and not _NOT_ADDRESS.search(text)))


def _has_town(text: str) -> bool:
    if next(find_dates(text, locale=None), None) is not None:
        return False
    words = re.findall(r"[^\W\d_]{3,}", text)
    return bool(_POSTCODE.search(text)) and 1 <= len(words) <= 6 and len(text.split()) <= 9


def _stack_below(sheet: Sheet, segment: Segment) -> Iterator[Segment]:
    """The lines under `segment` that share its left edge or its middle, without a wide gap."""
    last = segment
    for _ in range(_LINES_AT_MOST):
        below = next(sheet.below(last), None)
        if below is None or not _is_aligned(below, last):
            return
        gap, strictly = below.box.y0 - last.box.y1, abs(below.box.x0 - last.box.x0) < 2
        if gap > (3.0 if strictly else 1.0) * last.height:
            return
        last = below
        yield last


def _is_aligned(one: Segment, other: Segment) -> bool:
    height = min(one.height, other.height)
    if abs(one.box.x0 - other.box.x0) < 0.8 * height:
        return True
    return abs((one.box.x0 + one.box.x1) - (other.box.x0 + other.box.x1)) < 3 * height


def _address_lines(stack: Sequence[Segment]) -> tuple[Segment, ...]:
    lines: list[Segment] = []
    towns = 0
    for segment in stack:
        text = segment.text
        if _is_no_part(text) or (lines and towns and _is_no_end(text)):
            break
        lines.append(segment)
        towns += _has_town(text)
        if towns and not text.rstrip().endswith(",") and not _followed_by_place(stack, segment):
            break
    return tuple(lines) if towns or _is_street_and_place([line.text for line in lines]) else ()


def _is_no_part(text: str) -> bool:
    """Whether a line cannot be part of an address."""
    if _NOT_ADDRESS.search(text) or (COMPANY.search(text) and not _has_town(text)):
        return True
    return max(read_label(normal_label(text)).values(), default=0) >= 0.95


def _is_no_end(text: str) -> bool:
    """Whether a line after the town is no country or region."""
    return (re.search(r"\d", text) is not None and not _has_town(text)) or len(text.split()) > 4


def _is_street_and_place(texts: Sequence[str]) -> bool:
    """Whether lines without a postcode are an address all the same: a street, and another or a place under it."""
    streets = sum(map(is_street, texts))
    named = bool(texts) and _STREET.search(texts[0]) is not None and re.search(r"\d", texts[0]) is not None
    return streets >= 2 or (named and len(texts) == 2 and _PLACE.fullmatch(texts[1]) is not None)


def _followed_by_place(stack: Sequence[Segment], segment: Segment) -> bool:
    after = stack[stack.index(segment) + 1 :]
    if not after or _TITLE.search(after[0].text):
        return False
    return _PLACE.fullmatch(after[0].text) is not None


def _is_sender_line(sheet: Sheet, lines: Sequence[Segment]) -> bool:
    """Whether an address stands on one line with signs between its parts, as above the window of an envelope."""
    row = sheet.rows[lines[0].row]
    near = " ".join(segment.text for segment in row if abs(segment.column - lines[0].column) <= 2)
    return len(lines) == 1 and len(_SIGNS.findall(near)) >= 2


def _name_in_line(line: Segment) -> Segment | None:
    first = re.split(r"\s*[|●•·∙▪,]\s*|\s[-–]\s", line.text)[0]
    if not first or is_street(first) or _has_town(first):
        return None
    words = line.words_between(0, len(first))
    return replace(line, words=words, text=first, box=Box.around(word.box for word in words))


def _name_over(sheet: Sheet, first: Segment) -> tuple[Segment | None, Segment | None]:
    """The line over an address that names its owner, and the label over that."""
    last, names = first, list[Segment]()
    for segment in sheet.above(first, first.box):
        if last.box.y0 - segment.box.y1 > 3.0 * first.height or len(names) == 3:
            break
        if _party_said(segment) or segment.text.endswith(":"):
            return (names[-1] if names else None), segment
        if not re.search(r"[^\W\d_]{2}", segment.text) or re.search(r"\d{4}", segment.text):
            break
        if max(read_label(normal_label(segment.text)).values(), default=0) >= 0.95:
            break
        names.append(segment)
        last = segment
    return (names[0] if names else None), None


def _left(sheet: Sheet, segment: Segment) -> Segment | None:
    return next(iter(sheet.left_of(segment)), None)


def _party_said(segment: Segment | None) -> str | None:
    said = read_label(normal_label(segment.text)) if segment else {}
    for party, concept in (("ship", "ship_to"), ("buyer", "buyer_name"), ("seller", "seller_name")):
        if said.get(concept, 0) >= 0.86:
            return party
    return None
