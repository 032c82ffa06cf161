"""Tables of a user's own database, read into a spec once: a look-up never waits for another system."""

import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path

from docrail.core.errors import InvalidInput

MAX_ROWS = 200_000
_READING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)


def read_sql_table(path: Path, query: str) -> str:
    """What a query of a SQLite file gives, as CSV with the names of its columns. The file is opened read-only.

    Raises InvalidInput for a file that is no database, a query that fails or changes something, and too many rows.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.set_authorizer(_only_reading)
            cursor = connection.execute(query)
            rows = cursor.fetchmany(MAX_ROWS + 1)
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise InvalidInput(f"the query of '{path.name}' fails: {error}") from error
    if cursor.description is None:
        raise InvalidInput(f"the query of '{path.name}' gives no rows: write a SELECT")
    if len(rows) > MAX_ROWS:
        raise InvalidInput(f"the query of '{path.name}' gives more than {MAX_ROWS:,} rows")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column[0] for column in cursor.description])
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return text.getvalue()


def _only_reading(action: int, *_names: str | None) -> int:
    """Lets a query read this file and nothing else: no other file is attached, nothing is written."""
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
