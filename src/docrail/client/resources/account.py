"""`client.keys`, `client.audit` and `client.fields`: who may ask, what was done, what is remembered."""

from collections.abc import Sequence
from datetime import datetime

from docrail.client.effects import Items, Steps
from docrail.client.resource import Link, ManyResults, OneResult, Resource
from docrail.client.route import Route, given, list_all
from docrail.client.values.account import (
    AuditChain,
    AuditEntry,
    Key,
    NewKey,
    RememberedField,
    WholeRememberedField,
)
from docrail.client.values.pages import Everything, Page

KEYS = "/v1/account/keys"
LIST_KEYS = Route("GET", KEYS, Everything[Key])
CREATE_KEY = Route("POST", KEYS, NewKey)
ROTATE_KEY = Route("POST", f"{KEYS}/{{key_id}}/rotate", NewKey)
REVOKE_KEY = Route("DELETE", f"{KEYS}/{{key_id}}", type(None))
LIST_AUDIT = Route("GET", "/v1/audit", Page[AuditEntry])
VERIFY_AUDIT = Route("GET", "/v1/audit/verify", AuditChain)
LIST_FIELDS = Route("GET", "/v1/fields", Page[RememberedField])
GET_FIELD = Route("GET", "/v1/fields/{field_id}", WholeRememberedField)


class Keys(Resource[Link]):
    """Keys of the account; they need the scope `admin`."""

    @OneResult
    def create(
        self, scopes: Sequence[str], *, name: str | None = None, expires_at: datetime | None = None
    ) -> Steps[NewKey]:
        """Make a key; its secret is in `key`, and nowhere else."""
        return CREATE_KEY.ask(json={"scopes": scopes, **given(name=name, expires_at=expires_at)})

    @OneResult
    def list(self) -> Steps[tuple[Key, ...]]:
        """Every key of the workspace, newest first, revoked ones too."""
        return (yield from LIST_KEYS.ask()).data

    @OneResult
    def rotate(self, key_id: str, *, overlap_seconds: int | None = None) -> Steps[NewKey]:
        """A new key of the same name and scopes; both work for `overlap_seconds` (a day unless told)."""
        return ROTATE_KEY.ask(key_id, json=given(overlap_seconds=overlap_seconds))

    @OneResult
    def revoke(self, key_id: str) -> Steps[None]:
        """End a key; again is no harm."""
        return REVOKE_KEY.ask(key_id)


class Audit(Resource[Link]):
    """The audit trail."""

    @ManyResults
    def list(self, *, action: str | None = None, subject: str | None = None) -> Items[AuditEntry]:
        """What was done in this workspace, newest first."""
        return list_all(LIST_AUDIT, action=action, subject=subject)

    @OneResult
    def verify(self, *, head: str | None = None) -> Steps[AuditChain]:
        """Check that no entry was changed or taken out; `head`: a hash noted earlier."""
        return VERIFY_AUDIT.ask(params={"head": head})


class Fields(Resource[Link]):
    """The field registry: what is remembered of each field, and how often it was right."""

    @ManyResults
    def list(self, *, schema_id: str | None = None) -> Items[RememberedField]:
        """The fields that are remembered, newest first."""
        return list_all(LIST_FIELDS, schema_id=schema_id)

    @OneResult
    def get(self, field_id: str) -> Steps[WholeRememberedField]:
        """What is remembered of one field."""
        return GET_FIELD.ask(field_id)
