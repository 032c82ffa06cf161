"""What phases knew when their run began, by digest: a plan names it, so that a run never learns on its way."""

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from docrail.core.plan import Plan
from docrail.store import tables
from docrail.store.given import upsert
from docrail.store.rows import from_json, to_json


def keep_knowledge(connection: Connection, content: Mapping[str, Any], *, at: int) -> str:
    """Keep `content` (JSON values); its digest. The same content is kept once."""
    text = to_json(content)
    digest = hashlib.sha256(text.encode()).hexdigest()
    row = {"digest": digest, "content": text, "created_at": at}
    connection.execute(upsert(connection, tables.knowledge).on_conflict_do_nothing(), row)
    return digest


def read_knowledge(connection: Connection, plan: Plan) -> dict[str, Any]:
    """What the phases of a plan knew when its run began, by digest."""
    digests = [phase.config["knowledge"] for phase in plan.phases if "knowledge" in phase.config]
    if not digests:
        return {}
    table = tables.knowledge.c
    rows = connection.execute(select(table.digest, table.content).where(table.digest.in_(digests)))
    return {digest: from_json(content) for digest, content in rows}
