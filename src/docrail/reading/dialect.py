"""Whether a text is a table of delimited values, and what delimits them."""

import csv
import io
import itertools
import re
from collections import Counter

_DELIMITERS = (";", "\t", "|", ",")
_LINES_LOOKED_AT = 50
_ONE_ROW = 10


def find_delimiter(text: str) -> str | None:
    """The delimiter that splits most of the first rows into the same number (above one) of cells; None for prose.

    >>> find_delimiter("a;b;c\\n1,5;2;3\\n")
    ';'
    >>> find_delimiter("Dear Sir, thank you.\\nRegards, Bob\\n")
    """
    sample = text[:65_536].replace("\0", "")
    rates = {delimiter: _rate(sample, delimiter) for delimiter in _DELIMITERS}
    best = max(rates, key=lambda delimiter: rates[delimiter])
    return best if rates[best] > (0.0, 0) else None


def _rate(sample: str, delimiter: str) -> tuple[float, int]:
    """(share of the rows that have the usual width, that width); zeros for what is no table."""
    if delimiter not in sample or _is_prose(sample, delimiter):
        return (0.0, 0)
    rows = _split(sample, delimiter)
    counts = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    split = {width: times for width, times in counts.items() if width > 1}
    if not split:
        return (0.0, 0)
    width, times = max(split.items(), key=lambda item: (item[1], item[0]))
    share = times / sum(counts.values())
    is_table = (
        (times >= 2 and share == 1.0)
        or (times >= 3 and width >= 3 and share >= 0.6)
        or (times >= 2 and width >= 3 and share >= 0.66)
        or (times == 1 and share == 1.0 and width >= _ONE_ROW)
    )
    return (share, width) if is_table else (0.0, 0)


def _split(sample: str, delimiter: str) -> list[list[str]]:
    try:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        return list(itertools.islice(reader, _LINES_LOOKED_AT))
    except csv.Error:
        # A field longer than the parser likes, or a lone carriage return: by lines, without quotes.
        return [line.split(delimiter) for line in sample.splitlines()[:_LINES_LOOKED_AT]]


def _is_prose(sample: str, delimiter: str) -> bool:
    """A comma in prose has a space after it, one in a number has digits on both sides."""
    if delimiter != ",":
        return False
    plain = re.sub(r'"[^"\n]*"', '""', sample)
    commas = plain.count(",")
    spaced = len(re.findall(r",[ \t]+[^\s,]", plain))
    in_numbers = len(re.findall(r"(?<=\d),(?=\d)", plain))
    one_a_line = max((line.count(",") for line in plain.splitlines()), default=0) <= 1
    return commas > 0 and (spaced > 0.5 * commas or (in_numbers == commas and one_a_line))
