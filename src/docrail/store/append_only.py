"""Tables whose rows are written once: the database itself refuses to change or to remove one."""

from sqlalchemy import Connection

_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION docrail_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE EXCEPTION ''rows of this table are only added''; END'",
    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION docrail_append_only()",
)
_SQLITE = tuple(
    f"CREATE TRIGGER {{table}}_no_{event} BEFORE {event} ON {{table}} "
    "BEGIN SELECT RAISE(ABORT, 'rows of this table are only added'); END"
    for event in ("UPDATE", "DELETE")
)


def protect(connection: Connection, table: str) -> None:
    """Let rows of `table` be added only."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement.format(table=table))
