"""What was confirmed last of a field of a document counts; nothing that was said is lost."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DatabaseError

from docrail.store import tables
from docrail.store.confirmations import confirm, read_confirmed
from docrail.store.database import Database
from docrail.store.documents import NewDocument, add_documents
from docrail.store.keys import workspace_id
from docrail.store.specs import add_spec


def test_the_latest_confirmation_of_a_field_counts(
    databases: Callable[[], AbstractContextManager[Database]],
) -> None:
    with databases() as database:
        with database.writing() as connection:
            home = workspace_id(connection)
            spec = add_spec(connection, workspace_id=home, name="bills", digest="0" * 64, content="{}", at=1)
            file = NewDocument(
                digest="1" * 64, filename="a.txt", media_type="text/plain", size_bytes=1, metadata={}
            )
            ((document, _),) = add_documents(connection, [file], workspace_id=home, at=1)
            said = {"workspace_id": home, "spec_id": spec.id, "document_id": document.id}
            confirm(connection, **said, values={"total": "12.00", "note": None}, source="truth", at=2)
            confirm(connection, **said, values={"total": "13.00"}, source="review", at=3)
        with database.reading() as connection:
            known = read_confirmed(connection, workspace_id=home, spec_id=spec.id)
            rows = connection.execute(select(func.count()).select_from(tables.confirmations)).scalar_one()
        assert {each.field: each.value for each in known} == {"total": "13.00", "note": None}
        assert {each.digest for each in known} == {"1" * 64}
        assert rows == 3
        with pytest.raises(DatabaseError), database.writing() as connection:
            connection.execute(delete(tables.confirmations))
