"""What the extractor learned of a spec: one row a version, its weights in `knowledge`."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from docrail.store.tables.base import id_column, metadata, time_column

models = Table(
    "models",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("spec_id", ForeignKey("specs.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("knowledge", ForeignKey("knowledge.digest"), nullable=False),
    Column("documents", Integer, nullable=False),
    Column("fields", Text, nullable=False),
    Column("curve", Text, nullable=False),
    Column("last_confirmation", String(36), nullable=False),
    time_column("created_at"),
    UniqueConstraint("spec_id", "version"),
)
"""`fields`: JSON of name → documents learned from; `curve`: JSON of `{documents, f1}`; `last_confirmation`: what was
confirmed up to this one went in."""
