"""Who may change a run at the same time: workers share it, a change of the run as a whole has it alone.

Both take their lock before any other, so that nobody waits for anybody in a ring. On SQLite, which has one writer at
a time, these are plain reads.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from docrail.store import tables


def share_runs(connection: Connection, run_ids: Iterable[str]) -> None:
    """Keep changes of these runs as a whole away until the transaction ends."""
    table = tables.runs.c
    query = select(table.id).where(table.id.in_(sorted(run_ids))).order_by(table.id)
    connection.execute(query.with_for_update(read=True, key_share=True))


def own_run(connection: Connection, run_id: str) -> None:
    """Keep everybody else's changes of this run away until the transaction ends."""
    connection.execute(select(tables.runs.c.id).where(tables.runs.c.id == run_id).with_for_update())
