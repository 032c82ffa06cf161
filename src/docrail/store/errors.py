"""The error entries of a run, one for each errored document, and their groups."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from docrail.core.progress import ErrorEntry, ErrorGroup
from docrail.core.state import Move
from docrail.store import tables
from docrail.store.given import upsert
from docrail.store.ids import new_id


def insert_errors(connection: Connection, run_id: str, moves: Sequence[Move], *, at: int) -> None:
    """The entries of documents of one run that just ended in error, and their groups."""
    table = tables.run_documents.c
    query = select(table.id, table.document_id).where(table.id.in_([move.document for move in moves]))
    documents = {row.id: row.document_id for row in connection.execute(query)}
    groups: dict[tuple[str, str], list[str]] = {}
    entries = []
    for move in moves:
        assert move.failure is not None
        entry = ErrorEntry(
            pipeline_document_id=move.document,
            document_id=documents[move.document],
            phase=move.phase_id,
            message=move.failure.message,
            code=move.failure.code,
            attempts=move.attempts,
            retryable=move.failure.retryable,
            at=at,
        )
        entries.append(entry)
        groups.setdefault((entry.phase or "", entry.code), []).append(entry.message)
    _insert(connection, run_id, entries)
    for (phase, code), messages in sorted(groups.items()):
        _add_to_group(connection, run_id, phase=phase, code=code, n=len(messages), example=messages[0])


def insert_error(connection: Connection, run_id: str, entry: ErrorEntry) -> None:
    """One entry; it stands in no group by itself."""
    _insert(connection, run_id, [entry])


def _insert(connection: Connection, run_id: str, entries: Sequence[ErrorEntry]) -> None:
    rows = [
        {
            "id": new_id(),
            "run_id": run_id,
            "run_document_id": entry.pipeline_document_id,
            "document_id": entry.document_id,
            "phase": entry.phase,
            "code": entry.code,
            "message": entry.message,
            "attempts": entry.attempts,
            "retryable": entry.retryable,
            "at": entry.at,
        }
        for entry in entries
    ]
    connection.execute(insert(tables.errors), rows)


def _add_to_group(
    connection: Connection, run_id: str, *, phase: str, code: str, n: int, example: str = ""
) -> None:
    """Move one group's count by `n`; a group of nobody goes."""
    table = tables.error_groups
    statement = upsert(connection, table)
    statement = statement.on_conflict_do_update(
        index_elements=["run_id", "phase", "code"], set_={"n": table.c.n + statement.excluded.n}
    )
    row = {"run_id": run_id, "phase": phase, "code": code, "n": n, "example": example}
    connection.execute(statement, row)
    if n < 0:
        connection.execute(delete(table).where(table.c.run_id == run_id, table.c.n <= 0))


def read_errors(
    connection: Connection, run_id: str, *, limit: int, after: str | None = None, then: int | None = None
) -> tuple[tuple[ErrorEntry, ...], str | None]:
    """One page of entries, oldest first, and the id to go on after (None at the end); as of `then` if it is given."""
    query = _ENTRIES if then is None else _ENTRIES_THEN
    given = {"run_id": run_id, "after": after or "", "most": limit + 1, "then": then}
    rows = connection.execute(query, given).all()
    entries = tuple(
        ErrorEntry(
            pipeline_document_id=row.run_document_id,
            document_id=row.document_id,
            phase=row.phase,
            message=row.message,
            code=row.code,
            attempts=row.attempts,
            retryable=row.retryable,
            at=row.at,
        )
        for row in rows[:limit]
    )
    return entries, rows[limit - 1].id if len(rows) > limit else None


def _page_of_entries(valid: ColumnElement[bool]) -> Select[Any]:
    table = tables.errors
    return (
        select(table)
        .where(table.c.run_id == bindparam("run_id"), valid, table.c.id > bindparam("after"))
        .order_by(table.c.id)
        .limit(bindparam("most"))
    )


def _valid_then() -> ColumnElement[bool]:
    table = tables.errors.c
    then: BindParameter[int] = bindparam("then")
    return (table.at <= then) & (table.until.is_(None) | (table.until > then))


_ENTRIES = _page_of_entries(tables.errors.c.until.is_(None))
_ENTRIES_THEN = _page_of_entries(_valid_then())


def read_groups(connection: Connection, run_id: str) -> tuple[ErrorGroup, ...]:
    """Every group of a run, the largest first."""
    return tuple(
        ErrorGroup(phase=row.phase or None, code=row.code, count=row.n, example=row.example)
        for row in connection.execute(_GROUPS, {"run_id": run_id})
    )


def _groups() -> Select[Any]:
    table = tables.error_groups
    query = select(table).where(table.c.run_id == bindparam("run_id"))
    return query.order_by(table.c.n.desc(), table.c.phase, table.c.code)


_GROUPS = _groups()


def count_groups_then(connection: Connection, run_id: str, *, then: int) -> tuple[ErrorGroup, ...]:
    """The groups as they were `then`, counted from the entries: the work grows with the errors."""
    table = tables.errors
    phase = func.coalesce(table.c.phase, "").label("phase")
    query = (
        select(
            phase,
            table.c.code,
            func.count().label("n"),
            func.min(table.c.message).label("example"),
        )
        .where(table.c.run_id == run_id, table.c.run_document_id.is_not(None), _valid_then())
        .group_by(phase, table.c.code)
        .order_by(func.count().desc(), phase, table.c.code)
    )
    return tuple(
        ErrorGroup(phase=row.phase or None, code=row.code, count=row.n, example=row.example)
        for row in connection.execute(query, {"then": then})
    )


def forget_errors(connection: Connection, run_id: str, documents: Sequence[str] | None, *, at: int) -> None:
    """End the entries of documents that are tried again; with None those of the pipeline-scoped phases."""
    table = tables.errors
    ours = table.c.run_document_id.is_(None) if documents is None else table.c.run_document_id.in_(documents)
    query = update(table).where(table.c.run_id == run_id, table.c.until.is_(None), ours).values(until=at)
    rows = connection.execute(query.returning(table.c.phase, table.c.code)).all()
    if documents is None:
        return
    for (phase, code), n in sorted(Counter((row.phase or "", row.code) for row in rows).items()):
        _add_to_group(connection, run_id, phase=phase, code=code, n=-n)
