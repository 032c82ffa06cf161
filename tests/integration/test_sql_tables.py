"""Look-up tables of a SQLite file beside the spec are read into it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from docrail.core.errors import InvalidInput
from docrail.usecases.specs import check_spec, load_spec

SPEC = """
name: s
fields: {{vendor: {{type: string}}, id: {{type: string}}}}
policies:
  - name: vendors
    rules:
      - {{lookup: {{table: {table}, query: "{query}", key: name, column: id, from: vendor}}, field: id}}
rail: [{{type: schema}}, {{type: resolve}}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "erp.db")) as connection:
        connection.execute("CREATE TABLE vendors (name TEXT, id TEXT)")
        connection.execute("INSERT INTO vendors VALUES ('ACME, Inc.', 'V-1'), ('Beta', NULL)")
        connection.commit()
    return tmp_path


def write(folder: Path, query: str, table: str = "erp.db") -> Path:
    path = folder / "spec.yaml"
    path.write_text(SPEC.format(table=table, query=query))
    return path


def test_a_query_is_read_into_the_rule(folder: Path) -> None:
    spec = load_spec(write(folder, "SELECT name, id FROM vendors ORDER BY name"))
    lookup = spec.policies[0].rules[0]["lookup"]
    assert isinstance(lookup, dict)
    assert lookup["csv"] == 'name,id\n"ACME, Inc.",V-1\nBeta,\n'
    assert check_spec(folder / "spec.yaml")[1] == ()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM nowhere", "no such table"),
        ("DELETE FROM vendors", "not authorized"),
        ("ATTACH 'x.db' AS x", "not authorized"),
    ],
)
def test_a_query_that_fails_or_changes_something_is_refused(folder: Path, query: str, message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        load_spec(write(folder, query))
    assert message in str(raised.value.problems[0])
    assert not Path("x.db").exists()
    with closing(sqlite3.connect(folder / "erp.db")) as connection:
        assert connection.execute("SELECT count(*) FROM vendors").fetchone() == (2,)


def test_a_file_that_is_no_database_is_refused(folder: Path) -> None:
    (folder / "erp.txt").write_text("no database" * 100)
    with pytest.raises(InvalidInput):
        load_spec(write(folder, "SELECT name FROM sqlite_master", table="erp.txt"))
