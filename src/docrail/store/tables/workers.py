"""Who works, and how much at once."""

from sqlalchemy import Column, Float, Integer, String, Table, Text

from docrail.store.tables.base import id_column, metadata, time_column

workers = Table(
    "workers",
    metadata,
    id_column(),
    Column("process", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    time_column("seen_at"),
)

limits = Table(
    "limits",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("next_at", Float(53), nullable=False),
)

limit_places = Table(
    "limit_places",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("worker_id", String(36)),
)
