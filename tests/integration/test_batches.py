"""A batch has every document given in it, also those whose bytes were known before."""

from docrail.store.documents import add_document, batch_documents, list_documents


def add(program, connection, digest, batch_id):
    document, is_new = add_document(
        connection,
        workspace_id=program.workspace,
        digest=digest,
        filename=f"{digest}.txt",
        media_type="text/plain",
        size_bytes=1,
        metadata={},
        batch_id=batch_id,
        at=1,
    )
    return document.id, is_new


def test_known_bytes_given_in_another_batch_are_in_both(program):
    with program.database.writing() as connection:
        first, _ = add(program, connection, "a", "monday")
        again, is_new = add(program, connection, "a", "tuesday")
        other, _ = add(program, connection, "b", "tuesday")
        assert (again, is_new) == (first, False)
        assert batch_documents(connection, "monday", workspace_id=program.workspace) == [first]
        assert batch_documents(connection, "tuesday", workspace_id=program.workspace) == [first, other]
        listed, total = list_documents(
            connection, workspace_id=program.workspace, limit=10, batch_id="tuesday"
        )
        assert ([each.id for each in listed], total) == ([other, first], 2)
