"""The delivered tables."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, String, Table, Text

from docrail.store.tables.base import id_column, metadata, time_column

products = Table(
    "products",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("share_hash", String(64), unique=True),
    Column("min_confidence", Float, nullable=False, default=0.0),
    Column("require_validation_pass", Boolean, nullable=False, default=False),
    time_column("share_expires_at", nullable=True),
    Column("share_password", Text),
    time_column("created_at"),
)
