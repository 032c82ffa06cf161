"""The tables, the same on SQLite and PostgreSQL, one file for each part of what is remembered."""

from docrail.store.tables.access import api_keys, workspaces
from docrail.store.tables.audit import audit
from docrail.store.tables.base import metadata
from docrail.store.tables.documents import admissions, batch_documents, documents
from docrail.store.tables.idempotency import idempotency_keys
from docrail.store.tables.learning import confirmations
from docrail.store.tables.models import models
from docrail.store.tables.policies import data_policies, data_policy_versions
from docrail.store.tables.products import products
from docrail.store.tables.progress import counters, error_groups, errors, history, shards
from docrail.store.tables.records import cells, composed, issues, verdicts
from docrail.store.tables.registry import anchors, knowledge, registry_fields, sightings
from docrail.store.tables.reviews import decisions, held_counts, held_fields, reworks
from docrail.store.tables.runs import chunks, pipeline_phases, run_documents, runs
from docrail.store.tables.specs import spec_versions, specs
from docrail.store.tables.totals import totals
from docrail.store.tables.usage import model_usage
from docrail.store.tables.webhooks import deliveries, delivery_attempts, webhooks
from docrail.store.tables.workers import limit_places, limits, workers

__all__ = [
    "admissions",
    "anchors",
    "api_keys",
    "audit",
    "batch_documents",
    "cells",
    "chunks",
    "composed",
    "confirmations",
    "counters",
    "data_policies",
    "data_policy_versions",
    "decisions",
    "deliveries",
    "delivery_attempts",
    "documents",
    "error_groups",
    "errors",
    "held_counts",
    "held_fields",
    "history",
    "idempotency_keys",
    "issues",
    "knowledge",
    "limit_places",
    "limits",
    "metadata",
    "model_usage",
    "models",
    "pipeline_phases",
    "products",
    "registry_fields",
    "reworks",
    "run_documents",
    "runs",
    "shards",
    "sightings",
    "spec_versions",
    "specs",
    "totals",
    "verdicts",
    "webhooks",
    "workers",
    "workspaces",
]
