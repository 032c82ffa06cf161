"""Who may see what: workspaces and their keys."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from docrail.store.tables.base import id_column, metadata, time_column

workspaces = Table("workspaces", metadata, id_column(), Column("name", Text, nullable=False, unique=True))

api_keys = Table(
    "api_keys",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    time_column("created_at"),
    time_column("expires_at", nullable=True),
    time_column("revoked_at", nullable=True),
    time_column("last_used_at", nullable=True),
)
