"""What progress is read from, kept in step by the ledger."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from docrail.store.tables.base import id_column, metadata, time_column

counters = Table(
    "counters",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("phase", Integer, primary_key=True),
    Column("state", String(12), primary_key=True),
    Column("n", BigInteger, nullable=False),
)

shards = Table(
    "shards",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    time_column("updated_at"),
)

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    time_column("at"),
    Column("changes", Text, nullable=False),
    Index("history_by_run", "run_id", "id"),
)

errors = Table(
    "errors",
    metadata,
    id_column(),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("run_document_id", String(36)),
    Column("document_id", String(36)),
    Column("phase", String(64)),
    Column("code", String(64), nullable=False),
    Column("message", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retryable", Boolean, nullable=False),
    time_column("at"),
    time_column("until", nullable=True),
    Index("errors_in_order", "run_id", "until", "id"),
    Index("errors_by_document", "run_document_id"),
)

error_groups = Table(
    "error_groups",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("phase", String(64), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("example", Text, nullable=False),
)
