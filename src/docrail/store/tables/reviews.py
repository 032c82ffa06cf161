"""What waits for people, what they decided, and what is to be worked out anew since."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, Text, text

from docrail.store.tables.base import id_column, metadata, time_column


def _index_of(name: str, condition: str) -> Index:
    """An index of the few rows of a workspace for which this is so."""
    return Index(name, "workspace_id", sqlite_where=text(condition), postgresql_where=text(condition))


held_fields = Table(
    "held_fields",
    metadata,
    Column("run_document_id", ForeignKey("run_documents.id"), primary_key=True),
    Column("field", Text, primary_key=True),
    Column("id", String(36), nullable=False),
    Column("workspace_id", String(36), nullable=False),
    Column("run_id", String(36), nullable=False),
    Column("gate", Text, nullable=False),
    Column("reason", String(24), nullable=False),
    Column("phase", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("confidence", Float, nullable=False),
    time_column("held_at"),
    Column("claimed_by", Text),
    time_column("claimed_until", nullable=True),
    Index("held_fields_in_order", "workspace_id", "id"),
    Index("held_fields_by_bucket", "run_id", "field", "gate", "reason", "id"),
)
"""The queue: the held fields of every partial document. `id` is the order; `version` the `seq` of the held cell;
`phase` the one that holds it. `gate` is empty where no verdict says which."""

held_counts = Table(
    "held_counts",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("reason", String(24), primary_key=True),
    Column("workspace_id", String(36), nullable=False),
    Column("spec_id", String(36), nullable=False),
    Column("n", BigInteger, nullable=False),
    Index("held_counts_by_workspace", "workspace_id"),
)
"""How many rows of the queue there are of each kind; the shards of a kind are added up."""

decisions = Table(
    "decisions",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("run_document_id", ForeignKey("run_documents.id"), nullable=False),
    Column("field", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("phase", String(64), nullable=False),
    Column("hold_reason", String(24), nullable=False),
    Column("action", String(12), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("reason", Text),
    Column("reviewer", Text, nullable=False),
    Column("supersedes", String(36)),
    Column("version", Integer, nullable=False),
    time_column("at"),
    Index("decisions_by_age", "workspace_id", "id"),
    Index("decisions_by_run", "run_id", "id"),
    Index("decisions_by_field", "run_document_id", "field", "id"),
)
"""Append-only. `before` and `after` are JSON; `version` is the `seq` of the cell that the decision wrote."""

reworks = Table(
    "reworks",
    metadata,
    Column("run_document_id", ForeignKey("run_documents.id"), primary_key=True),
    Column("workspace_id", String(36), nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("first_phase", Integer, nullable=False),
    Column("failure", Text),
    _index_of("reworks_due", "done < wanted"),
    _index_of("reworks_failed", "failure IS NOT NULL"),
)
"""Records whose phases from `first_phase` on run again: due while `done` is behind `wanted`. `failure` is JSON: why
the last one could not be made."""
