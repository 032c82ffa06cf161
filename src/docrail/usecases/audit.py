"""The audit trail: what the use cases note in it, a page of it, and whether it is whole."""

from sqlalchemy import Connection

from docrail.bootstrap import Program
from docrail.core.audit_chain import Chain, Entry, check_chain
from docrail.core.model import Value
from docrail.store import audit
from docrail.store.ids import now_ms


def note(program: Program, connection: Connection, action: str, subject: str, **details: Value) -> None:
    """Note that the program's actor did `action` to `subject`: the last statement of the transaction that does it."""
    audit.record(
        connection,
        workspace_id=program.workspace,
        actor=program.actor,
        action=action,
        subject=subject,
        at=now_ms(),
        details=details,
    )


def list_audit(
    program: Program,
    *,
    limit: int = 20,
    before: int | None = None,
    action: str | None = None,
    subject: str | None = None,
) -> tuple[list[Entry], int]:
    """One page of the workspace's trail, newest first, and how many entries match."""
    with program.database.reading() as connection:
        return audit.list_entries(
            connection, program.workspace, limit=limit, before=before, action=action, subject=subject
        )


def verify_audit(program: Program, *, head: str | None = None) -> Chain:
    """Check the hash of every entry of the workspace, from one consistent state; `head`: a hash noted earlier."""
    with program.database.reading() as connection:
        return check_chain(audit.every_entry(connection, program.workspace), known=head)
