"""Specs and their versions."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from docrail.store.tables.base import id_column, metadata, time_column

specs = Table(
    "specs",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    time_column("created_at"),
    UniqueConstraint("workspace_id", "name"),
)

spec_versions = Table(
    "spec_versions",
    metadata,
    Column("spec_id", ForeignKey("specs.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("content", Text, nullable=False),
    time_column("created_at"),
    Index("spec_versions_by_digest", "spec_id", "digest"),
)
