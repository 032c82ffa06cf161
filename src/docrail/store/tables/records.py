"""What is known of each document, and what was composed."""

from sqlalchemy import Column, Float, ForeignKey, Integer, String, Table, Text

from docrail.store.tables.base import metadata

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
