"""Who wants to be told of what, and what became of each telling."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from docrail.store.tables.base import id_column, metadata, time_column

webhooks = Table(
    "webhooks",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    time_column("created_at"),
    Index("webhooks_by_workspace", "workspace_id", "id"),
)
"""Its secret is made of the installation's signing key and its id, and stands nowhere."""

deliveries = Table(
    "deliveries",
    metadata,
    id_column(),
    Column("webhook_id", ForeignKey("webhooks.id"), nullable=False),
    Column("event", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    time_column("due_at"),
    time_column("created_at"),
    time_column("ended_at", nullable=True),
    Index("deliveries_due", "state", "due_at"),
    Index("deliveries_by_webhook", "webhook_id", "id"),
)
"""`state`: `pending`, `delivered`, or `dead` after the last attempt."""

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    id_column(),
    Column("delivery_id", ForeignKey("deliveries.id"), nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("milliseconds", Integer, nullable=False),
    time_column("at"),
    Index("delivery_attempts_by_delivery", "delivery_id", "id"),
)
