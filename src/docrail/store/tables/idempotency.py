"""The first answers to requests that may come twice."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from docrail.store.tables.base import metadata, time_column

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id"), primary_key=True),
    Column("hash", String(64), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("process", Text, nullable=False),
    Column("request", String(64)),
    Column("status", Integer),
    Column("answer", LargeBinary),
    time_column("at"),
    Index("idempotency_keys_by_age", "at"),
)
"""`state`: `running`; `landed` once a change of the request is committed, `cut` if it failed after that; `done` with
its answer, which is sealed."""
