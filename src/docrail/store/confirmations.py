"""Confirmed values: what a person said, or imported truth, about a field of a document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, insert, select

from docrail.store.ids import new_id
from docrail.store.tables import confirmations, documents


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What is known to be true of one field of one document. `value` is None if the document has none."""

    document_id: str
    digest: str
    field: str
    value: Any


def confirm(
    connection: Connection,
    *,
    workspace_id: str,
    spec_id: str,
    document_id: str,
    values: Mapping[str, Any],
    source: Literal["review", "truth"],
    at: int,
) -> None:
    """Remember the values (field → JSON value) of a document; they take the place of what was confirmed before."""
    rows = [
        {
            "id": new_id(),
            "workspace_id": workspace_id,
            "spec_id": spec_id,
            "document_id": document_id,
            "field": name,
            "value": json.dumps(value),
            "source": source,
            "at": at,
        }
        for name, value in values.items()
    ]
    if rows:
        connection.execute(insert(confirmations), rows)


def read_confirmed(connection: Connection, *, workspace_id: str, spec_id: str) -> list[Confirmed]:
    """What counts now for a spec: the latest confirmation of each document and field, oldest document first."""
    c = confirmations.c
    rows = connection.execute(
        select(c.document_id, documents.c.digest, c.field, c.value)
        .join(documents, documents.c.id == c.document_id)
        .where(c.workspace_id == workspace_id, c.spec_id == spec_id)
        .order_by(c.id)
    )
    latest = {(document_id, field): (digest, value) for document_id, digest, field, value in rows}
    return [
        Confirmed(document_id, digest, field, json.loads(value))
        for (document_id, field), (digest, value) in latest.items()
    ]
