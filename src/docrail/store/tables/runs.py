"""Runs, and where every document of them stands."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from docrail.store.tables.base import id_column, metadata, time_column

runs = Table(
    "runs",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("spec_id", ForeignKey("specs.id"), nullable=False),
    Column("spec_version", Integer, nullable=False),
    Column("plan", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("cancelled", Boolean, nullable=False, default=False),
    Column("total", Integer, nullable=False),
    Column("open_chunks", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("settled", Integer, nullable=False),
    time_column("created_at"),
    time_column("generation_at"),
    time_column("updated_at"),
    time_column("finished_at", nullable=True),
    Index("runs_by_age", "workspace_id", "id"),
)

pipeline_phases = Table(
    "pipeline_phases",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("phase", String(64), primary_key=True),
    Column("status", String(16)),
    Column("epoch", Integer, nullable=False, default=0),
    Column("worker_id", String(36)),
    Column("inputs", BigInteger, nullable=False, server_default="0"),
    Column("seen", BigInteger, nullable=False, server_default="0"),
)
"""`inputs` counts the changes of the records after they completed; `seen` is how many of them it worked with."""

chunks = Table(
    "chunks",
    metadata,
    id_column(),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("worker_id", String(36)),
    Column("open", Integer, nullable=False),
    Index("chunks_by_run", "run_id"),
    Index("chunks_by_worker", "worker_id"),
)

run_documents = Table(
    "run_documents",
    metadata,
    id_column(),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("document_id", ForeignKey("documents.id"), nullable=False),
    Column("chunk_id", ForeignKey("chunks.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("phase", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("crashes", Integer, nullable=False, default=0),
    Column("held", Integer, nullable=False, default=0),
    Column("timings", Text, nullable=False, default="{}"),
    time_column("started_at", nullable=True),
    time_column("completed_at", nullable=True),
    UniqueConstraint("run_id", "document_id"),
    Index("run_documents_in_order", "run_id", "id"),
    Index("run_documents_by_chunk", "chunk_id"),
)
