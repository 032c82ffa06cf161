"""Bring a database to the newest schema, with the default workspace in it."""

from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table, func, inspect, select

from docrail.store.database import Database
from docrail.store.keys import DEFAULT_WORKSPACE, add_workspace

NEWEST = "0001"
MIGRATING = 0x646F637261696C
"""The lock that PostgreSQL's migrating processes take in turn."""
_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32)))
"""Where alembic keeps the version of the schema."""


def is_current(database: Database) -> bool:
    """Whether the database has the newest schema."""
    with database.reading() as connection:
        if not inspect(connection).has_table(_VERSION.name):
            return False
        return connection.execute(select(_VERSION.c.version_num)).scalar_one_or_none() == NEWEST


def migrate(database: Database) -> None:
    """Run the migrations that are missing. Two processes may call it at once: the writer's lock orders them."""
    from alembic import command  # noqa: PLC0415 - a fifth of the start of a worker, and seldom needed
    from alembic.config import Config  # noqa: PLC0415

    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, NEWEST)
        add_workspace(connection, DEFAULT_WORKSPACE)
