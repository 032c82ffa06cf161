"""Many rows with one statement, given or gathered, the same on SQLite and PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    JSON,
    ColumnClause,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from docrail.store.rows import to_json

Upsert: TypeAlias = SqliteInsert | PostgresqlInsert


def given_rows(dialect: str, columns: Sequence[ColumnClause[Any]]) -> FromClause:
    """The rows of the JSON list of objects in the parameter `rows`, with these columns, named `given`."""
    rows = bindparam("rows", type_=Text)
    if dialect == "sqlite":
        each = func.json_each(rows).table_valued("value", name="each")
        parts = [
            type_coerce(func.json_extract(each.c.value, f"$.{column.name}"), column.type).label(column.name)
            for column in columns
        ]
        return select(*parts).subquery("given")
    return (
        func.json_to_recordset(cast(rows, JSON))
        .table_valued(*columns)
        .render_derived(name="given", with_types=True)
    )


def listed(connection: Connection, texts: Iterable[str]) -> Select[Any]:
    """A list to stand behind IN: one parameter, however many texts there are."""
    given = bindparam(None, to_json(list(texts)), type_=Text)
    if connection.dialect.name == "sqlite":
        return select(func.json_each(given).table_valued("value").c.value)
    return select(func.json_array_elements_text(cast(given, JSON)))


def gathered(dialect: str, query: Select[Any]) -> ColumnElement[str]:
    """The rows of a query as one value: a JSON list of lists, `[]` without rows."""
    rows = query.subquery()
    make, gather = _GATHER[dialect]
    listed = func.coalesce(cast(gather(make(*rows.c)), Text), "[]")
    return select(type_coerce(listed, Text)).select_from(rows).scalar_subquery()


_GATHER = {
    "sqlite": (func.json_array, func.json_group_array),
    "postgresql": (func.json_build_array, func.json_agg),
}


def upsert(connection: Connection, table: Table) -> Upsert:
    """An INSERT that can say what happens to rows that are there already."""
    return upsert_for(connection.dialect.name, table)


def upsert_for(dialect: str, table: Table) -> Upsert:
    """The same, for a statement that is built once and kept."""
    return sqlite_insert(table) if dialect == "sqlite" else postgresql_insert(table)
