"""A table given as CSV, looked up by one column: exactly, then without regard to case and white space."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from docrail.core.errors import InvalidInput
from docrail.core.spec_path import suggest

MAX_CHARACTERS = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupTable:
    """What each key stands for; `loosely` has only the keys that mean one thing whatever their case."""

    exactly: Mapping[str, str]
    loosely: Mapping[str, str]

    def find(self, text: str) -> str | None:
        """What `text` stands for, or nothing."""
        return self.exactly.get(text, self.loosely.get(loose(text)))

    def __contains__(self, text: str) -> bool:
        return text in self.exactly.values()


def loose(text: str) -> str:
    """`text` without regard to case and white space.

    >>> loose("  ACME\\tGmbH ") == loose("Acme GmbH")
    True
    """
    return " ".join(text.split()).casefold()


def match_loosely(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The pairs by `loose` key, without the keys that would stand for two things.

    >>> match_loosely([("DE", "Germany"), ("de", "Germany"), ("a", "1"), ("A", "2")])
    {'de': 'Germany'}
    """
    found: dict[str, set[str]] = {}
    for key, value in pairs:
        found.setdefault(loose(key), set()).add(value)
    return {key: values.pop() for key, values in found.items() if len(values) == 1}


def read_table(text: str, *, key: str, column: str) -> LookupTable:
    """The table of `text`, whose first row names the columns; `,`, `;` or a tab divides them.

    Raises InvalidInput for a column that is not there and a key that stands for two things.

    >>> read_table("code,name\\nDE,Germany\\nFR,France", key="code", column="name").find(" de")
    'Germany'
    """
    columns = read_columns(text)
    for wanted in (key, column):
        if wanted not in columns:
            raise InvalidInput(f"the table has no column '{wanted}'{suggest(wanted, columns)}")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=table_delimiter(text)))
    pairs = [(row[key], row[column]) for row in rows if row.get(key) and row.get(column) is not None]
    exactly: dict[str, str] = {}
    for name, value in pairs:
        if exactly.setdefault(name, value) != value:
            raise InvalidInput(f"the table has two rows '{name}' with different '{column}'")
    return LookupTable(exactly=exactly, loosely=match_loosely(pairs))


def read_columns(text: str) -> list[str]:
    """The names in the first row.

    Raises InvalidInput for a text that is not CSV.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(f"a table is at most {MAX_CHARACTERS} characters long; this one has {len(text)}")
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=table_delimiter(text)))
    except csv.Error as error:
        raise InvalidInput(f"the table is not CSV: {error}") from error
    if len(rows) < 2:
        raise InvalidInput("the table needs a row of column names and at least one row more")
    return rows[0]


def table_delimiter(text: str) -> str:
    """What divides the columns of a CSV text: the most frequent of `,`, `;` and tab in its first line."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)
