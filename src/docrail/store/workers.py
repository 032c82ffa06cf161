"""The workers on one database: each says now and then that it is alive, by the database's own clock."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Integer, cast, delete, func, insert, literal, select, update

from docrail.store import tables
from docrail.store.ids import now_ms

SHARDS = 16
"""Sets of counters in a run at most: more workers than that share some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker as it put itself down: `process` says which process of which machine it is."""

    id: str
    process: str
    shard: int
    seen_at: int


def clock(connection: Connection) -> ColumnElement[int]:
    """Milliseconds since 1970 by the one clock that all workers share."""
    if connection.dialect.name == "sqlite":
        return literal(now_ms())
    return cast(func.extract("epoch", func.clock_timestamp()) * 1000, tables.workers.c.seen_at.type)


def add_worker(connection: Connection, worker_id: str, process: str) -> Worker:
    """Put a worker down, with the smallest free shard."""
    table = tables.workers
    taken = set(connection.execute(select(table.c.shard)).scalars())
    free = next((shard for shard in range(SHARDS) if shard not in taken), len(taken) % SHARDS)
    row = {"id": worker_id, "process": process, "shard": free}
    query = insert(table).values(**row, seen_at=clock(connection)).returning(table.c.seen_at)
    return Worker(**row, seen_at=connection.execute(query).scalar_one())  # type: ignore[arg-type]  # str and int


def see_worker(connection: Connection, worker: Worker) -> None:
    """The worker is alive; it is put down again if others thought it was not."""
    table = tables.workers
    query = update(table).where(table.c.id == worker.id).values(seen_at=clock(connection))
    if connection.execute(query).rowcount == 0:
        row = {"id": worker.id, "process": worker.process, "shard": worker.shard}
        connection.execute(insert(table).values(**row, seen_at=clock(connection)))


def list_workers(connection: Connection) -> list[tuple[Worker, float]]:
    """Every worker, and the seconds since it was last seen."""
    table = tables.workers
    ago = cast(clock(connection) - table.c.seen_at, Integer).label("ago")
    rows = connection.execute(select(table, ago).order_by(table.c.id))
    return [
        (Worker(id=row.id, process=row.process, shard=row.shard, seen_at=row.seen_at), row.ago / 1000)
        for row in rows
    ]


def hold_worker(connection: Connection, worker_id: str) -> bool:
    """Hold a worker's row until the transaction ends; False if it is gone or somebody else holds it."""
    table = tables.workers
    query = select(table.c.id).where(table.c.id == worker_id).with_for_update(skip_locked=True)
    return connection.execute(query).one_or_none() is not None


def forget_worker(connection: Connection, worker_id: str) -> None:
    """The worker has no task any more."""
    connection.execute(delete(tables.workers).where(tables.workers.c.id == worker_id))
