"""The delivered tables."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from docrail.store.tables.base import id_column, metadata, time_column

products = Table(
    "products",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("share_hash", String(64), unique=True),
    time_column("created_at"),
)
