"""The clock that all workers share: the database's own."""

from sqlalchemy import BigInteger, Connection, cast, func, select

from docrail.store.ids import now_ms

_READ = select(cast(func.floor(func.extract("epoch", func.clock_timestamp()) * 1000), BigInteger))


def read_clock(connection: Connection) -> int:
    """Milliseconds since 1970."""
    if connection.dialect.name == "sqlite":
        return now_ms()
    return int(connection.execute(_READ).scalar_one())
