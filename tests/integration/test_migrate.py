"""A database becomes ready once, also when several processes make it ready at the same time."""

import subprocess
import sys

from docrail.store.database import Database
from docrail.store.keys import workspace_id
from docrail.store.schema import is_current, migrate

PREPARE = """
import sys
from docrail.engine.durable import Engine
from docrail.store.database import Database
from docrail.store.schema import is_current, migrate
database = Database(sys.argv[1])
engine = Engine(database.url)
print("ready", flush=True)
sys.stdin.readline()
if not is_current(database):
    engine.prepare()
    migrate(database)
"""


def test_four_processes_at_once_make_one_database_ready(empty_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE, empty_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [0] * 4, errors
    database = Database(empty_url)
    with database.reading() as connection:
        assert workspace_id(connection)
    database.close()


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    database = Database(empty_url)
    assert not is_current(database)
    migrate(database)
    with database.reading() as connection:
        first = workspace_id(connection)

    migrate(database)

    with database.reading() as connection:
        assert workspace_id(connection) == first
    assert is_current(database)
    database.close()
