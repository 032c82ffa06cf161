"""Files as they came: documents, batches and the ledger of admissions."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from docrail.store.tables.base import id_column, metadata, time_column

documents = Table(
    "documents",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("filename", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("batch_id", Text),
    Column("parent_id", String(36)),
    time_column("created_at"),
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
    id_column(),
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
    time_column("created_at"),
    Index("admissions_by_age", "workspace_id", "id"),
    Index("admissions_by_batch", "workspace_id", "batch_id", "id"),
    Index("admissions_by_parent", "parent_id"),
)
