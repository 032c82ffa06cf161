"""Keys of the account: made once, shown once, revoked for good."""

from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from docrail.api.asked import Asked, Moment
from docrail.api.auth import Acting
from docrail.api.ids import PathId, Text
from docrail.store.keys import ApiKey
from docrail.usecases import keys
from docrail.usecases.times import iso_time, maybe_time

router = APIRouter(prefix="/v1/account/keys", tags=["keys"])


class KeyRequest(Asked):
    """The key wanted."""

    name: Text = ""
    scopes: list[Literal["read", "write", "admin"]] = Field(min_length=1)
    expires_at: Moment | None = None


class RotateRequest(Asked):
    """How long the old key goes on beside the new one: a day unless told, 30 days at most."""

    overlap_seconds: int = Field(default=86_400, ge=0, le=30 * 86_400)


class KeyBody(BaseModel):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class NewKeyBody(KeyBody):
    """A key just made, with the secret that is shown this once."""

    key: str


class KeyList(BaseModel):
    """Every key of the workspace, newest first, revoked ones too."""

    data: list[KeyBody]


@router.post("", status_code=201)
def create_key(program: Acting, wanted: KeyRequest) -> NewKeyBody:
    """Make a key; its secret is in this answer and nowhere else."""
    made = keys.create_key(
        program, name=wanted.name, scopes=wanted.scopes, expires_at=_milliseconds(wanted.expires_at)
    )
    return NewKeyBody(**_key(made.key).model_dump(), key=made.secret)


@router.get("")
def list_keys(program: Acting) -> KeyList:
    """Every key of the workspace."""
    return KeyList(data=[_key(each) for each in keys.list_keys(program)])


@router.post("/{key_id}/rotate", status_code=201)
def rotate_key(program: Acting, key_id: PathId, wanted: RotateRequest | None = None) -> NewKeyBody:
    """A new key of the same name and scopes; both work for `overlap_seconds`, then the old one has ended."""
    overlap = (wanted or RotateRequest()).overlap_seconds
    made = keys.rotate_key(program, key_id, overlap_seconds=overlap)
    return NewKeyBody(**_key(made.key).model_dump(), key=made.secret)


@router.delete("/{key_id}", status_code=204)
def revoke_key(program: Acting, key_id: PathId) -> None:
    """End a key; again is no harm."""
    keys.revoke_key(program, key_id)


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.astimezone(UTC).timestamp() * 1000)


def _key(key: ApiKey) -> KeyBody:
    return KeyBody(
        id=key.id,
        name=key.name,
        scopes=list(key.scopes),
        created_at=iso_time(key.created_at),
        expires_at=maybe_time(key.expires_at),
        revoked_at=maybe_time(key.revoked_at),
        last_used_at=maybe_time(key.last_used_at),
    )
