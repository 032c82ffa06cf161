"""Data policies and their versions."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from docrail.store.tables.base import id_column, metadata, time_column

data_policies = Table(
    "data_policies",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    time_column("created_at"),
    UniqueConstraint("workspace_id", "name"),
)

data_policy_versions = Table(
    "data_policy_versions",
    metadata,
    Column("policy_id", ForeignKey("data_policies.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("content", Text, nullable=False),
    time_column("created_at"),
    UniqueConstraint("policy_id", "digest"),
)
"""`content` is the JSON of the policy without its name."""
