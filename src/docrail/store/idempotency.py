"""Requests that carry an idempotency key: who is at one, whether its change landed, what was answered."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, select, update

from docrail.store import tables
from docrail.store.given import upsert

RUNNING, LANDED, CUT, DONE = "running", "landed", "cut", "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is known of a request: `request` is the digest of its body, `answer` is sealed. `at` in ms since 1970."""

    state: str
    process: str
    request: str | None
    status: int | None
    answer: bytes | None
    at: int


def begin_request(
    connection: Connection, *, workspace: str, hashed: str, process: str, at: int, expired: int
) -> Kept | None:
    """None if the request is now `process`'s to answer, else what is known of the one before."""
    table = tables.idempotency_keys
    connection.execute(delete(table).where(table.c.at < expired))
    row = {"workspace_id": workspace, "hash": hashed, "state": RUNNING, "process": process, "at": at}
    added = upsert(connection, table).values(**row).on_conflict_do_nothing().returning(table.c.hash)
    if connection.execute(added).first() is not None:
        return None
    found = connection.execute(select(table).where(_is(workspace, hashed))).one()
    return Kept(
        state=found.state,
        process=found.process,
        request=found.request,
        status=found.status,
        answer=found.answer,
        at=found.at,
    )


def take_over_request(
    connection: Connection, before: Kept, *, workspace: str, hashed: str, process: str, at: int
) -> bool:
    """Whether a request of a dead process is now `process`'s to answer: one taker wins."""
    table = tables.idempotency_keys
    ours = (table.c.process == before.process) & (table.c.state == before.state) & (table.c.at == before.at)
    query = update(table).where(_is(workspace, hashed), ours)
    return connection.execute(query.values(process=process, state=RUNNING, at=at)).rowcount == 1


def land_request(connection: Connection, *, workspace: str, hashed: str) -> None:
    """A change of the request is about to be committed, with this."""
    table = tables.idempotency_keys
    running = _is(workspace, hashed) & (table.c.state == RUNNING)
    connection.execute(update(table).where(running).values(state=LANDED))


def end_request(
    connection: Connection, *, workspace: str, hashed: str, request: str, status: int, answer: bytes
) -> None:
    """Keep the answer to a request."""
    values = {"state": DONE, "request": request, "status": status, "answer": answer}
    connection.execute(update(tables.idempotency_keys).where(_is(workspace, hashed)).values(**values))


def forget_request(connection: Connection, *, workspace: str, hashed: str) -> None:
    """Forget a request that failed and changed nothing, so that it may come again; one that landed is cut off."""
    table, ours = tables.idempotency_keys, _is(workspace, hashed)
    connection.execute(delete(table).where(ours, table.c.state == RUNNING))
    connection.execute(update(table).where(ours, table.c.state == LANDED).values(state=CUT))


def _is(workspace: str, hashed: str) -> ColumnElement[bool]:
    table = tables.idempotency_keys.c
    return (table.workspace_id == workspace) & (table.hash == hashed)
