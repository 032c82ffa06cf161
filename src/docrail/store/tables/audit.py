"""Who did what: the audit trail."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from docrail.store.tables.base import metadata, time_column

audit = Table(
    "audit",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    time_column("at"),
    Column("actor", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
"""Append-only, one chain a workspace: `seq` counts from 1, `previous` is the hash of the row before, `hash` is over
all the rest. `details` is JSON and holds no values of cells."""
