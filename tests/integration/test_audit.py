"""The audit trail on both databases: one chain whoever writes, append-only, and a note of everything done."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.integration import review_runs
from tests.integration.small_runs import make_program

from docrail.bootstrap import Program
from docrail.core.audit_chain import check_chain
from docrail.core.model import Cell
from docrail.core.spec import Field
from docrail.store import audit
from docrail.store.database import Database
from docrail.store.keys import workspace_id
from docrail.usecases import decide, exports, keys, products, reviews
from docrail.usecases.audit import list_audit, verify_audit


@pytest.fixture
def database(databases: Callable[[], AbstractContextManager[Database]]) -> Iterator[Database]:
    with databases() as made:
        yield made


def add(database: Database, workspace: str, subject: str) -> None:
    with database.writing() as connection:
        audit.record(
            connection, workspace_id=workspace, actor="a", action="run.started", subject=subject, at=1
        )


def test_writers_at_the_same_time_make_one_chain(database: Database) -> None:
    with database.reading() as connection:
        workspace = workspace_id(connection)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add(database, workspace, str(n)), range(40)))
    with database.reading() as connection:
        chain = check_chain(audit.every_entry(connection, workspace))
        subjects = {entry.subject for entry in audit.every_entry(connection, workspace)}
    assert (chain.entries, chain.problems) == (40, ())
    assert subjects == {str(n) for n in range(40)}


def test_what_is_rolled_back_is_not_in_the_chain(database: Database) -> None:
    with database.reading() as connection:
        workspace = workspace_id(connection)
    with pytest.raises(RuntimeError), database.writing() as connection:
        audit.record(connection, workspace_id=workspace, actor="a", action="b", subject="c", at=1)
        raise RuntimeError
    add(database, workspace, "kept")
    with database.reading() as connection:
        assert [(e.seq, e.subject) for e in audit.every_entry(connection, workspace)] == [(1, "kept")]


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_an_entry(database: Database, statement: str) -> None:
    with database.reading() as connection:
        workspace = workspace_id(connection)
    add(database, workspace, "1")
    with pytest.raises(DBAPIError, match="only added"), database.writing() as connection:
        connection.execute(text(statement))


def test_whoever_gets_round_the_database_is_noticed(program: Program) -> None:
    keys.create_key(program, name="one")
    keys.create_key(program, name="two")
    assert verify_audit(program).problems == ()
    with program.database.writing() as connection:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("UPDATE audit SET actor = 'somebody else' WHERE seq = 1"))
    assert len(verify_audit(program).problems) == 1


def test_keys_products_shares_and_exports_are_in_the_trail(
    program: Program, add_run: Callable[..., str], finished: Callable[..., object], tmp_path: Path
) -> None:
    secret = "Geheim-4711"
    cell = Cell(field="supplier", value=secret, confidence=0.9, phase="extraction")
    run_id = add_run((Field(name="supplier"),), [finished(filename="one.txt", cells=[cell])])
    key = keys.create_key(program, name="erp")
    keys.revoke_key(program, key.key.id)
    product = products.make_product(program, run_id).product
    products.share_product(program, product.id)
    products.revoke_share(program, product.id)
    exports.export_pipeline(program, run_id, tmp_path / "table.csv", kind="audit")
    entries, total = list_audit(program)
    done = [entry.action for entry in reversed(entries)]
    assert done == [
        "key.made",
        "key.revoked",
        "product.made",
        "share.made",
        "share.revoked",
        "export.written",
    ]
    assert total == 6 and [e.subject for e in list_audit(program, action="key")[0]] == [key.key.id] * 2
    trail = "".join(entry.details for entry in entries)
    assert secret not in trail and key.secret not in trail


def test_a_decision_and_a_run_are_in_the_trail_without_their_values(
    database: Database, tmp_path: Path
) -> None:
    worker = review_runs.Worker(make_program(database, tmp_path))
    program = worker.program
    run_id = review_runs.start(
        program, review_runs.spec_of(review_runs.LOW), [{"net": 4711, "contract": "c"}]
    )
    worker.work()
    (held,), _ = reviews.list_reviews(program)
    answer = decide.Answer(pipeline_document_id=held.run_document_id, field="net", action="approve")
    decided = decide.resolve(program, answer, reviewer="ada")
    worker.close()
    (entry,), _ = list_audit(program, action="decision")
    assert (entry.actor, entry.action, entry.subject) == ("ada", "decision.approve", decided.decision_id)
    assert run_id in entry.details and "4711" not in entry.details
    assert verify_audit(program, head=entry.hash).problems == ()
