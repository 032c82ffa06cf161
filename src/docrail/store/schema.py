"""Bring a database to the newest schema, with the default workspace in it."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select

from docrail.store.database import Database
from docrail.store.keys import DEFAULT_WORKSPACE, add_workspace

NEWEST = "0001"
MIGRATING = 0x646F637261696C
"""The lock that PostgreSQL's migrating processes take in turn."""


def is_current(database: Database) -> bool:
    """Whether the database has the newest schema."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision() == NEWEST


def migrate(database: Database) -> None:
    """Run the migrations that are missing. Two processes may call it at once: the writer's lock orders them."""
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, NEWEST)
        add_workspace(connection, DEFAULT_WORKSPACE)
