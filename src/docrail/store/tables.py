"""The tables, the same on SQLite and PostgreSQL. Times are milliseconds since 1970, JSON is text."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()


def _id(name: str = "id") -> Column[str]:
    return Column(name, String(36), primary_key=True)


def _time(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


workspaces = Table("workspaces", metadata, _id(), Column("name", Text, nullable=False, unique=True))

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    _time("created_at"),
    _time("expires_at", nullable=True),
    _time("revoked_at", nullable=True),
    _time("last_used_at", nullable=True),
)

workers = Table(
    "workers",
    metadata,
    _id(),
    Column("process", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    _time("seen_at"),
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

documents = Table(
    "documents",
    metadata,
    _id(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("filename", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("batch_id", Text),
    Column("parent_id", String(36)),
    _time("created_at"),
    UniqueConstraint("workspace_id", "digest"),
    Index("documents_by_age", "workspace_id", "id"),
)

batch_documents = Table(
    "batch_documents",
    metadata,
    Column("batch_id", Text, primary_key=True),
    Column("document_id", ForeignKey("documents.id"), primary_key=True),
)

admissions = Table(
    "admissions",
    metadata,
    _id(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("filename", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("code", Text),
    Column("reason", Text),
    Column("document_id", String(36)),
    Column("parent_id", String(36)),
    Column("digest", String(64)),
    Column("size_bytes", BigInteger),
    Column("batch_id", Text),
    _time("created_at"),
    Index("admissions_by_age", "workspace_id", "id"),
    Index("admissions_by_batch", "workspace_id", "batch_id", "id"),
    Index("admissions_by_parent", "parent_id"),
)

specs = Table(
    "specs",
    metadata,
    _id(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    _time("created_at"),
    UniqueConstraint("workspace_id", "name"),
)

spec_versions = Table(
    "spec_versions",
    metadata,
    Column("spec_id", ForeignKey("specs.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("content", Text, nullable=False),
    _time("created_at"),
    UniqueConstraint("spec_id", "digest"),
)

runs = Table(
    "runs",
    metadata,
    _id(),
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
    _time("created_at"),
    _time("generation_at"),
    _time("updated_at"),
    _time("finished_at", nullable=True),
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
)

chunks = Table(
    "chunks",
    metadata,
    _id(),
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
    _id(),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("document_id", ForeignKey("documents.id"), nullable=False),
    Column("chunk_id", ForeignKey("chunks.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("phase", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("crashes", Integer, nullable=False, default=0),
    Column("held", Integer, nullable=False, default=0),
    Column("timings", Text, nullable=False, default="{}"),
    _time("started_at", nullable=True),
    _time("completed_at", nullable=True),
    UniqueConstraint("run_id", "document_id"),
    Index("run_documents_in_order", "run_id", "id"),
    Index("run_documents_by_chunk", "chunk_id"),
)

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
    _time("updated_at"),
)

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    _time("at"),
    Column("changes", Text, nullable=False),
    Index("history_by_run", "run_id", "id"),
)

errors = Table(
    "errors",
    metadata,
    _id(),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("run_document_id", String(36)),
    Column("document_id", String(36)),
    Column("phase", String(64)),
    Column("code", String(64), nullable=False),
    Column("message", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retryable", Boolean, nullable=False),
    _time("at"),
    _time("until", nullable=True),
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

cells = Table(
    "cells",
    metadata,
    Column("run_document_id", ForeignKey("run_documents.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("status", String(12), nullable=False),
    Column("phase", String(64), nullable=False),
    Column("hold_reason", String(24)),
    Column("provenance", Text, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("run_document_id", ForeignKey("run_documents.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("phase", String(64), nullable=False),
    Column("body", Text, nullable=False),
)

issues = Table(
    "issues",
    metadata,
    Column("run_document_id", ForeignKey("run_documents.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("body", Text, nullable=False),
)

composed = Table(
    "composed",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("body", Text, nullable=False),
)

products = Table(
    "products",
    metadata,
    _id(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("share_hash", String(64), unique=True),
    _time("created_at"),
)
