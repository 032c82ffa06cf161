"""The workers on one database: each says now and then that it is alive, by the database's own clock."""

from dataclasses import asdict, dataclass, replace
from hashlib import sha256

from sqlalchemy import Connection, column, delete, func, insert, select, table, update

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
    workers = tables.workers
    taken = set(connection.execute(select(workers.c.shard)).scalars())
    free = next((shard for shard in range(SHARDS) if shard not in taken), len(taken) % SHARDS)
    worker = Worker(id=worker_id, process=process, shard=free, seen_at=read_clock(connection))
    connection.execute(insert(workers), asdict(worker))
    return worker


def see_worker(connection: Connection, worker: Worker) -> None:
    """The worker is alive; it is put down again if others thought it was not."""
    workers, now = tables.workers, read_clock(connection)
    query = update(workers).where(workers.c.id == worker.id).values(seen_at=now)
    if connection.execute(query).rowcount == 0:
        connection.execute(insert(workers), asdict(replace(worker, seen_at=now)))


def list_workers(connection: Connection) -> list[tuple[Worker, float]]:
    """Every worker, and the seconds since it was last seen."""
    now = read_clock(connection)
    rows = connection.execute(select(tables.workers).order_by(tables.workers.c.id)).mappings()
    return [(worker := Worker(**row), (now - worker.seen_at) / 1000) for row in rows]


class HeldByAnother(Exception):  # noqa: N818 - not an error: a living worker is at it
    """Another worker holds this and lives, as far as anybody knows."""


def check_free(connection: Connection, holder: str | None, worker_id: str) -> None:
    """Raises HeldByAnother unless `holder` is nobody, this worker, or one that is no more."""
    if holder not in (None, worker_id):
        living = select(tables.workers.c.id).where(tables.workers.c.id == holder)
        if connection.execute(living).one_or_none() is not None:
            raise HeldByAnother(holder)


def let_go(connection: Connection, worker_id: str) -> None:
    """The worker leaves what it holds as it is: whoever goes on with it counts no crash."""
    chunks = tables.chunks
    held = (chunks.c.worker_id == worker_id) & (chunks.c.open > 0)
    connection.execute(update(chunks).where(held).values(worker_id=None, epoch=chunks.c.epoch + 1))


def session_name(process: str) -> str:
    """What PostgreSQL calls the connections of a process: short enough for it."""
    return f"docrail-{sha256(process.encode()).hexdigest()[:16]}"


def end_sessions(connection: Connection, process: str) -> None:
    """End the connections that a dead process left: what it locked is free again. For PostgreSQL."""
    activity = table("pg_stat_activity", column("pid"), column("application_name"))
    theirs = activity.c.application_name == session_name(process)
    connection.execute(select(func.pg_terminate_backend(activity.c.pid)).where(theirs)).all()


def hold_worker(connection: Connection, worker_id: str) -> bool:
    """Hold a worker's row until the transaction ends; False if it is gone or somebody else holds it."""
    workers = tables.workers
    query = select(workers.c.id).where(workers.c.id == worker_id).with_for_update(skip_locked=True)
    return connection.execute(query).one_or_none() is not None


def forget_worker(connection: Connection, worker_id: str) -> None:
    """The worker has no task any more."""
    connection.execute(delete(tables.workers).where(tables.workers.c.id == worker_id))
