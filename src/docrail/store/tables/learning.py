"""What people confirmed: all that extraction and transfer learn from."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from docrail.store.tables.base import id_column, metadata, time_column

confirmations = Table(
    "confirmations",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("spec_id", ForeignKey("specs.id"), nullable=False),
    Column("document_id", ForeignKey("documents.id"), nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("source", String(8), nullable=False),
    time_column("at"),
    Index("confirmations_by_spec", "workspace_id", "spec_id", "id"),
)
"""Append-only: the latest row of a spec, document and field counts. `source`: `review` or `truth`; `value`: JSON."""
