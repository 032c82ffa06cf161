"""The workers on one database: each says now and then that it is alive, by the database's own clock."""

from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, delete, insert, select, update

from docrail.store import tables
from docrail.store.clock import read_clock

SHARDS = 16
"""Sets of counters in a run at most: more workers than that share some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker as it put itself down: `process` says which process of which machine it is."""

    id: str
    process: str
    shard: int
    seen_at: int


def add_worker(connection: Connection, worker_id: str, process: str) -> Worker:
    """Put a worker down, with the smallest free shard."""
    table = tables.workers
    taken = set(connection.execute(select(table.c.shard)).scalars())
    free = next((shard for shard in range(SHARDS) if shard not in taken), len(taken) % SHARDS)
    worker = Worker(id=worker_id, process=process, shard=free, seen_at=read_clock(connection))
    connection.execute(insert(table), asdict(worker))
    return worker


def see_worker(connection: Connection, worker: Worker) -> None:
    """The worker is alive; it is put down again if others thought it was not."""
    table = tables.workers
    now = read_clock(connection)
    query = update(table).where(table.c.id == worker.id).values(seen_at=now)
    if connection.execute(query).rowcount == 0:
        connection.execute(insert(table), asdict(replace(worker, seen_at=now)))


def list_workers(connection: Connection) -> list[tuple[Worker, float]]:
    """Every worker, and the seconds since it was last seen."""
    now = read_clock(connection)
    rows = connection.execute(select(tables.workers).order_by(tables.workers.c.id)).mappings()
    return [(worker := Worker(**row), (now - worker.seen_at) / 1000) for row in rows]


def hold_worker(connection: Connection, worker_id: str) -> bool:
    """Hold a worker's row until the transaction ends; False if it is gone or somebody else holds it."""
    table = tables.workers
    query = select(table.c.id).where(table.c.id == worker_id).with_for_update(skip_locked=True)
    return connection.execute(query).one_or_none() is not None


def forget_worker(connection: Connection, worker_id: str) -> None:
    """The worker has no task any more."""
    connection.execute(delete(tables.workers).where(tables.workers.c.id == worker_id))
