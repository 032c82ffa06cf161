"""Learned models: versioned, never changed; a run names the one that was newest when it began."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from docrail.store import tables
from docrail.store.given import upsert
from docrail.store.ids import new_id
from docrail.store.knowledge import keep_knowledge
from docrail.store.rows import from_json, to_json
from docrail.store.settle import Enqueue

TRAIN = "train"
"""The task of the engine that learns what was confirmed; its key is the spec's id."""

LEAST_DOCUMENTS = 5
"""Nothing can be learned from fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """One version of what was learned of a spec; `fields` → documents learned from, `curve`: `{documents, f1}`."""

    id: str
    spec_id: str
    version: int
    knowledge: str
    documents: int
    fields: Mapping[str, int]
    curve: Sequence[Mapping[str, Any]]
    last_confirmation: str
    created_at: int


def newest_confirmation(connection: Connection, spec_id: str) -> str | None:
    """The id of the last confirmation of a spec, or None."""
    table = tables.confirmations.c
    newest = connection.execute(select(func.max(table.id)).where(table.spec_id == spec_id))
    return newest.scalar_one_or_none()


def want_training(connection: Connection, spec_id: str, *, enqueue: Enqueue) -> None:
    """Hand training over if all that is confirmed is learned (or enough for a first model): ask before you confirm.

    One task serves all that is confirmed until it is done, since it goes on until nothing new is left.
    """
    model = newest_model(connection, spec_id)
    if model is None and _count_documents(connection, spec_id) < LEAST_DOCUMENTS - 1:
        return
    if model is None or model.last_confirmation == newest_confirmation(connection, spec_id):
        enqueue(connection, TRAIN, spec_id)


def catch_up(connection: Connection, spec_id: str, *, enqueue: Enqueue) -> None:
    """Hand training over if something confirmed is not learned yet, whatever became of its task."""
    model = newest_model(connection, spec_id)
    newest = newest_confirmation(connection, spec_id)
    if newest is None or _count_documents(connection, spec_id) < LEAST_DOCUMENTS:
        return
    if model is None or model.last_confirmation < newest:
        enqueue(connection, TRAIN, spec_id)


def _count_documents(connection: Connection, spec_id: str) -> int:
    table = tables.confirmations.c
    query = select(func.count(table.document_id.distinct())).where(table.spec_id == spec_id)
    return int(connection.execute(query).scalar_one())


def newest_model(connection: Connection, spec_id: str) -> StoredModel | None:
    """What was learned last of a spec, or None."""
    found = list_models(connection, spec_id)
    return found[0] if found else None


def list_models(connection: Connection, spec_id: str) -> list[StoredModel]:
    """Every version of what was learned of a spec, newest first."""
    table = tables.models
    query = (
        select(*(column for column in table.c if column.name != "workspace_id"))
        .where(table.c.spec_id == spec_id)
        .order_by(table.c.version.desc())
    )
    return [
        StoredModel(**{**row, "fields": from_json(row["fields"]), "curve": from_json(row["curve"])})
        for row in connection.execute(query).mappings()
    ]


def add_model(
    connection: Connection,
    content: Mapping[str, Any],
    *,
    workspace_id: str,
    spec_id: str,
    documents: int,
    fields: Mapping[str, int],
    curve: Sequence[Mapping[str, Any]],
    last_confirmation: str,
    at: int,
) -> StoredModel | None:
    """Keep the next version; None if somebody else kept one of the same or later confirmations in between."""
    newest = newest_model(connection, spec_id)
    if newest is not None and newest.last_confirmation >= last_confirmation:
        return None
    row = {
        "id": new_id(),
        "workspace_id": workspace_id,
        "spec_id": spec_id,
        "version": newest.version + 1 if newest else 1,
        "knowledge": keep_knowledge(connection, content, at=at),
        "documents": documents,
        "fields": to_json(fields),
        "curve": to_json(curve),
        "last_confirmation": last_confirmation,
        "created_at": at,
    }
    made = connection.execute(upsert(connection, tables.models).on_conflict_do_nothing(), row)
    return newest_model(connection, spec_id) if made.rowcount else None


def newest_of_name(connection: Connection, name: str, *, workspace_id: str) -> Mapping[str, Any] | None:
    """The content of what was learned last of the spec of that name, or None."""
    specs = tables.specs.c
    spec_id = connection.execute(
        select(specs.id).where(specs.workspace_id == workspace_id, specs.name == name)
    ).scalar_one_or_none()
    model = newest_model(connection, spec_id) if spec_id else None
    if model is None:
        return None
    table = tables.knowledge.c
    query = select(table.content).where(table.digest == model.knowledge)
    content: Mapping[str, Any] = from_json(connection.execute(query).scalar_one())
    return content
