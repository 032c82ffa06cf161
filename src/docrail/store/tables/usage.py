"""What was used of the model."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Integer, String, Table

from docrail.store.tables.base import metadata

model_usage = Table(
    "model_usage",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("document_id", String(36), primary_key=True),
    Column("phase", String(64), primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost", Float(53), nullable=False),
)
"""Sums for each document and phase; the row without a document (`""`) is the sum of the phase over the run."""
