"""API keys: made once, shown once, kept as a hash."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from docrail.bootstrap import Program
from docrail.core.errors import Conflict, InvalidInput, NotFound, Problem
from docrail.store import keys
from docrail.store.ids import now_ms
from docrail.store.keys import ApiKey
from docrail.usecases.audit import note

SCOPES = ("read", "write", "admin")
PREFIX = "dr_"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key just made, with the secret that is shown this once."""

    key: ApiKey
    secret: str


def create_key(
    program: Program, *, name: str = "", scopes: Sequence[str] = ("read",), expires_at: int | None = None
) -> NewKey:
    """Make a key with these scopes. Raises InvalidInput for an unknown scope."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        problems = tuple(
            Problem(path="scopes", message=f"no scope {scope!r}: there are {', '.join(SCOPES)}")
            for scope in unknown
        )
        raise InvalidInput("a key needs scopes of read, write, admin", problems)
    with program.database.writing() as connection:
        return _make(program, connection, name=name, scopes=scopes, expires_at=expires_at)


def rotate_key(program: Program, key_id: str, *, overlap_seconds: int = 86_400) -> NewKey:
    """A new key of the same name and scopes; the old one goes on for so long, so that programs can change over.

    Raises NotFound, Conflict for a key that has ended already.
    """
    with program.database.writing() as connection:
        old = keys.read_key(connection, key_id, workspace=program.workspace)
        if old.revoked_at is not None or has_expired(old):
            raise Conflict("this key has ended already: make a new one")
        made = _make(program, connection, name=old.name, scopes=old.scopes, expires_at=old.expires_at)
        ends = now_ms() + overlap_seconds * 1000
        keys.expire_key(connection, old.id, at=min(ends, old.expires_at or ends))
        note(program, connection, "key.rotated", old.id, new=made.key.id)
    return made


def _make(
    program: Program,
    connection: Connection,
    *,
    name: str,
    scopes: Sequence[str],
    expires_at: int | None,
) -> NewKey:
    secret = PREFIX + secrets.token_urlsafe(32)
    key = keys.add_key(
        connection,
        workspace=program.workspace,
        name=name or "key",
        hashed=hash_secret(secret),
        scopes=tuple(dict.fromkeys(scopes)),
        expires_at=expires_at,
        at=now_ms(),
    )
    note(program, connection, "key.made", key.id, name=key.name, scopes=list(key.scopes))
    return NewKey(key=key, secret=secret)


def check_key(program: Program, secret: str) -> ApiKey | None:
    """The key of a secret if it may be used now; None for a malformed, unknown, expired or revoked one."""
    return check_hashed(program, hash_secret(secret)) if secret.startswith(PREFIX) else None


def check_hashed(program: Program, hashed: str) -> ApiKey | None:
    """The key of a hash if it may be used now; None for an unknown, expired or revoked one."""
    with program.database.reading() as connection:
        try:
            key = keys.find_key(connection, hashed)
        except NotFound:
            return None
    if key.revoked_at is not None or has_expired(key):
        return None
    now = now_ms()
    if key.last_used_at is None or now - key.last_used_at > 60_000:
        with program.database.writing() as connection:
            keys.touch_key(connection, key.id, at=now)
    return key


def has_expired(key: ApiKey) -> bool:
    """Whether the key's time is over."""
    return key.expires_at is not None and key.expires_at <= now_ms()


def acting_in(program: Program, key: ApiKey) -> Program:
    """The program as the key's workspace sees it, with the key as who acts."""
    return replace(program, workspace=key.workspace_id, actor=f"key:{key.id}")


def list_keys(program: Program) -> list[ApiKey]:
    """Every key of the workspace, newest first, revoked ones too."""
    with program.database.reading() as connection:
        return keys.list_keys(connection, workspace=program.workspace)


def is_guarded(program: Program) -> bool:
    """Whether there is a key that somebody could use: one that has not ended."""
    return any(key.revoked_at is None and not has_expired(key) for key in list_keys(program))


def revoke_key(program: Program, key_id: str) -> None:
    """Revoke a key; again is no harm. Raises NotFound."""
    with program.database.writing() as connection:
        keys.revoke_key(connection, key_id, workspace=program.workspace, at=now_ms())
        note(program, connection, "key.revoked", key_id)


def hash_secret(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
