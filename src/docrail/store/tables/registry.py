"""The field registry: what identified confirmed values, how often it was right, and what runs knew of it."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from docrail.store.tables.base import id_column, metadata, time_column

registry_fields = Table(
    "registry_fields",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("spec_id", ForeignKey("specs.id"), nullable=False),
    Column("name", Text, nullable=False),
    time_column("updated_at"),
    UniqueConstraint("spec_id", "name"),
    Index("registry_fields_by_age", "workspace_id", "id"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("field_id", ForeignKey("registry_fields.id"), primary_key=True),
    Column("document_id", ForeignKey("documents.id"), primary_key=True),
    Column("confirmation_id", ForeignKey("confirmations.id"), nullable=False),
    Column("anchors", Text, nullable=False),
)
"""What one confirmed value taught: JSON of anchor → whether it named that value. The next confirmation replaces it."""

anchors = Table(
    "anchors",
    metadata,
    Column("field_id", ForeignKey("registry_fields.id"), primary_key=True),
    Column("anchor", Text, primary_key=True),
    Column("seen", Integer, nullable=False),
    Column("right", Integer, nullable=False),
    Index("anchors_by_right", "field_id", "right"),
)
"""The sightings of a field added up."""

knowledge = Table(
    "knowledge",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("content", Text, nullable=False),
    time_column("created_at"),
)
"""What phases of runs knew when the runs began, as JSON by its SHA-256: plans name it, the same is kept once."""
