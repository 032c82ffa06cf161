"""Limits over all workers: the next free moment of what may only start so often, and the places of what may only run
so often at once."""

from sqlalchemy import Connection, delete, func, or_, select, update

from docrail.store import tables
from docrail.store.clock import read_clock
from docrail.store.given import upsert


def reserve_start(connection: Connection, key: str, *, per_second: float) -> float:
    """Take the next free moment; the seconds to wait for it. Moments are `1 / per_second` apart, whoever takes them."""
    table, now = tables.limits, read_clock(connection)
    gap = 1000 / per_second
    largest = func.max if connection.dialect.name == "sqlite" else func.greatest
    query = upsert(connection, table).values(key=key, next_at=now + gap)
    query = query.on_conflict_do_update(
        index_elements=["key"], set_={"next_at": largest(table.c.next_at, float(now)) + gap}
    )
    next_at = float(connection.execute(query.returning(table.c.next_at)).scalar_one())
    return max(0.0, (next_at - gap - now) / 1000)


def take_place(connection: Connection, key: str, worker_id: str, *, concurrency: int) -> int | None:
    """A free place of `concurrency` for this worker, or None. The places of workers that are no more are free."""
    table = tables.limit_places
    living = select(tables.workers.c.id)
    free = or_(table.c.worker_id.is_(None), table.c.worker_id.not_in(living))
    place = (
        select(table.c.place)
        .where(table.c.key == key, table.c.place < concurrency, free)
        .order_by(table.c.place)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = connection.execute(
        update(table)
        .where(table.c.key == key, table.c.place == place.scalar_subquery())
        .values(worker_id=worker_id)
        .returning(table.c.place)
    ).scalar_one_or_none()
    return taken if taken is not None else _new_place(connection, key, worker_id, concurrency)


def _new_place(connection: Connection, key: str, worker_id: str, concurrency: int) -> int | None:
    """The places are put down as they are first needed; None if all are, or somebody else just put down the next."""
    table = tables.limit_places
    known = connection.execute(select(func.count()).where(table.c.key == key)).scalar_one()
    if known >= concurrency:
        return None
    query = (
        upsert(connection, table).values(key=key, place=known, worker_id=worker_id).on_conflict_do_nothing()
    )
    place: int | None = connection.execute(query.returning(table.c.place)).scalar_one_or_none()
    return place


def leave_place(connection: Connection, key: str, place: int, worker_id: str) -> None:
    """The place is free again."""
    table = tables.limit_places
    mine = (table.c.key == key) & (table.c.place == place) & (table.c.worker_id == worker_id)
    connection.execute(update(table).where(mine).values(worker_id=None))


def forget_limits(connection: Connection, run_id: str) -> None:
    """The run has ended: its own limits are needed no more."""
    for table in (tables.limits, tables.limit_places):
        connection.execute(delete(table).where(table.c.key.startswith(f"{run_id}/", autoescape=True)))
