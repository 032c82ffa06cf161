"""The ledger of admissions and the documents beside it, on both databases."""

from threading import Thread
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DatabaseError

from docrail.store import tables
from docrail.store.admissions import ARCHIVE, Entry, add_entries, list_entries, replace_archives
from docrail.store.database import Database
from docrail.store.documents import NewDocument, add_documents, list_documents
from docrail.store.keys import add_workspace, workspace_id


def file(digest: str, *, kind: str = "text/plain", parent: int | None = None, **metadata: Any) -> NewDocument:
    return NewDocument(
        digest=digest,
        filename=f"{digest}.txt",
        media_type=kind,
        size_bytes=1,
        metadata=metadata,
        parent=parent,
    )


def entry(filename: str, *, status: str = "accepted", at: int = 1, **more: Any) -> Entry:
    return Entry(filename=filename, status=status, created_at=at, **more)


@pytest.fixture
def database(databases: Any) -> Any:
    with databases() as database:
        yield database


def test_documents_given_together_know_one_another(database: Database) -> None:
    with database.writing() as connection:
        home = workspace_id(connection)
        given = [file("z", kind=ARCHIVE), file("a", parent=0, x=1), file("a", parent=0, y=2), file("b")]
        made = add_documents(connection, given, workspace_id=home, batch_id="monday", at=1)
    assert [is_new for _, is_new in made] == [True, True, False, True]
    assert (made[1][0].parent_id, made[2][0].id) == (made[0][0].id, made[1][0].id)
    with database.reading() as connection:
        rows, total = list_documents(connection, workspace_id=home, limit=10, batch_id="monday")
    assert total == 3
    assert {row.digest: dict(row.metadata) for row in rows} == {"z": {}, "a": {"x": 1, "y": 2}, "b": {}}
    assert [row.digest for row in rows] == ["b", "a", "z"]


def test_the_same_bytes_given_at_once_become_one_document(database: Database) -> None:
    with database.reading() as connection:
        home = workspace_id(connection)

    def give(digests: list[str]) -> None:
        with database.writing() as connection:
            add_documents(connection, [file(each) for each in digests], workspace_id=home, at=1)

    digests = [f"d{n}" for n in range(200)]
    threads = [Thread(target=give, args=(order,)) for order in (digests, digests[::-1]) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.documents)).scalar_one() == 200


def test_the_ledger_is_listed_newest_first_by_batch_status_and_page(database: Database) -> None:
    with database.writing() as connection:
        home, other = workspace_id(connection), add_workspace(connection, "other")
        add_entries(connection, [entry("theirs")], workspace_id=other)
        rows = [entry(f"{n}", batch_id="monday" if n < 3 else None) for n in range(4)]
        add_entries(connection, [*rows, entry("no", status="refused", code="empty")], workspace_id=home)
        page, total = list_entries(connection, workspace_id=home, limit=2)
        assert ([row.filename for row in page], total) == (["no", "3"], 5)
        rest, _ = list_entries(connection, workspace_id=home, limit=9, before=page[-1].id)
        assert [row.filename for row in rest] == ["2", "1", "0"]
        monday, total = list_entries(connection, workspace_id=home, limit=1, batch_id="monday")
        assert ([row.filename for row in monday], total) == (["2"], 3)
        refused, total = list_entries(connection, workspace_id=home, limit=9, status="refused")
        assert ([row.code for row in refused], total) == (["empty"], 1)


@pytest.mark.parametrize(
    "statement", [update(tables.admissions).values(status="x"), delete(tables.admissions)]
)
def test_the_database_itself_lets_no_row_of_the_ledger_change(database: Database, statement: Any) -> None:
    with database.writing() as connection:
        add_entries(connection, [entry("a")], workspace_id=workspace_id(connection))
    with pytest.raises(DatabaseError, match="only added"), database.writing() as connection:
        connection.execute(statement)
    with database.reading() as connection:
        assert list_entries(connection, workspace_id=workspace_id(connection), limit=9)[1] == 1


def test_an_archive_stands_for_all_in_it_at_any_depth_also_what_was_known_before(database: Database) -> None:
    with database.writing() as connection:
        home = workspace_id(connection)
        known = add_documents(connection, [file("known")], workspace_id=home, at=1)[0][0]
        outer, mail, inner, deep = (
            document.id
            for document, _ in add_documents(
                connection,
                [
                    file("o", kind=ARCHIVE),
                    file("m", parent=0),
                    file("i", kind=ARCHIVE, parent=1),
                    file("d", parent=2),
                ],
                workspace_id=home,
                at=1,
            )
        )
        pairs = ((outer, None), (mail, outer), (inner, mail), (deep, inner), (known.id, outer))
        add_entries(
            connection,
            [entry("f", document_id=child, parent_id=parent) for child, parent in pairs],
            workspace_id=home,
        )
        assert replace_archives(connection, [outer], workspace_id=home) == [mail, known.id, deep]
        assert replace_archives(connection, [mail, outer, mail], workspace_id=home) == [mail, known.id, deep]
        assert replace_archives(connection, [mail], workspace_id=home) == [mail]
        assert replace_archives(connection, ["unknown"], workspace_id=home) == ["unknown"]
