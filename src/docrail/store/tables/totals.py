"""What has happened since the installation began, added up."""

from sqlalchemy import Column, Float, Integer, String, Table

from docrail.store.tables.base import metadata

totals = Table(
    "totals",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("label", String(160), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("n", Float(53), nullable=False),
)
"""Counted by name and label; each worker has rows of its own (`shard`), so that none waits for another."""
