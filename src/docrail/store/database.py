"""The database: SQLite in a file by default, PostgreSQL by its URL; one way to read and one way to write."""

import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import InterfaceError, OperationalError

from docrail.core.errors import Unavailable

BUSY_SECONDS = 60
LACKS_SUBSECONDS = sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < (3, 42)


with_writes: ContextVar[Callable[[Connection], None] | None] = ContextVar("with_writes", default=None)
"""What every transaction that is begun in this context writes besides its own."""


class Database:
    """Reads see one snapshot; writes are transactions that never have to be upgraded.

    `session` is what PostgreSQL calls the connections. Both raise Unavailable while the database cannot be reached.
    """

    def __init__(self, url: str, *, session: str = "docrail") -> None:
        self.url = make_url(url)
        if self.url.get_backend_name() == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
            self.url = self.url.update_query_dict({"application_name": session})
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _sqlite(self.url) if self.is_sqlite else create_engine(self.url, pool_pre_ping=True)
        self._lock = threading.Lock()
        self._looking: sqlite3.Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only transaction that sees one consistent state of the database."""
        options = {"docrail_begin": "BEGIN"} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with (
            _reached(),
            self._engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        options = {"docrail_begin": "BEGIN IMMEDIATE"} if self.is_sqlite else {}
        with (
            _reached(),
            self._engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection
            if (also := with_writes.get()) is not None:
                also(connection)

    def version(self) -> int | None:
        """A number that changes with every commit, at next to no cost; None where nobody tells it (PostgreSQL)."""
        if not self.is_sqlite:
            return None
        with self._lock:
            if self._looking is None:
                self._looking = sqlite3.connect(self.url.database or "", check_same_thread=False)
            return int(self._looking.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
        with self._lock:
            if self._looking is not None:
                self._looking.close()
                self._looking = None


@contextmanager
def _reached() -> Iterator[None]:
    """Turns what the driver says when the database is away, or locked for too long, into Unavailable."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if isinstance(error.orig, sqlite3.Error) and error.orig.sqlite_errorcode not in _SQLITE_AWAY:
            raise
        raise Unavailable(f"The database cannot be reached now: {str(error.orig).strip()}") from error


_SQLITE_AWAY = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL}
)


def _sqlite(url: Any) -> Engine:
    """An engine in WAL mode whose transactions begin as we say, not as the driver guesses."""
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        _use_wal(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        if LACKS_SUBSECONDS:
            connection.create_function("unixepoch", 1, _seconds_now)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("docrail_begin", "BEGIN IMMEDIATE"))

    return engine


def _use_wal(connection: Any) -> None:
    """Switch to write-ahead logging. Two processes that do so at once do not wait for each other, so we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def library_engine(url: URL) -> Engine | None:
    """An engine for the durable library where it cannot make a fit one itself, else None.

    Under Python 3.12 and later the library's tables take their times from `unixepoch('subsec')`, which SQLite before
    3.42 answers with NULL: there the function is ours. Transactions begin as the library's own engine begins them.
    """
    if url.get_backend_name() != "sqlite" or not LACKS_SUBSECONDS:
        return None
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA foreign_keys=ON")
        connection.create_function("unixepoch", 1, _seconds_now)

    return engine


def _seconds_now(_modifier: str) -> float:
    return time.time()
