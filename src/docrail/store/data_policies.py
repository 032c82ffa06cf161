"""Data policies of a workspace: the same content is the same version, other content under the same name the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select

from docrail.core.errors import NotFound
from docrail.store import tables
from docrail.store.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """One version of a policy; `content` is its JSON as frozen, `created_at` in ms since 1970."""

    id: str
    name: str
    version: int
    digest: str
    content: str
    created_at: int


def add_policy(
    connection: Connection, *, workspace_id: str, name: str, digest: str, content: str, at: int
) -> tuple[StoredPolicy, bool]:
    """The version of this content, and whether it is new."""
    table, versions = tables.data_policies.c, tables.data_policy_versions.c
    query = select(table.id).where(table.workspace_id == workspace_id, table.name == name)
    policy_id = connection.execute(query).scalar_one_or_none()
    if policy_id is None:
        policy_id = new_id()
        row = {"id": policy_id, "workspace_id": workspace_id, "name": name, "created_at": at}
        connection.execute(insert(tables.data_policies), row)
    same = select(versions.version).where(versions.policy_id == policy_id, versions.digest == digest)
    version = connection.execute(same).scalar_one_or_none()
    is_new = version is None
    if version is None:
        newest = select(func.coalesce(func.max(versions.version), 0)).where(versions.policy_id == policy_id)
        version = connection.execute(newest).scalar_one() + 1
        row = {
            "policy_id": policy_id,
            "version": version,
            "digest": digest,
            "content": content,
            "created_at": at,
        }
        connection.execute(insert(tables.data_policy_versions), row)
    return read_policy(connection, policy_id, workspace_id=workspace_id, version=version), is_new


def read_policy(
    connection: Connection, policy_id: str, *, workspace_id: str, version: int | None = None
) -> StoredPolicy:
    """A version of a policy, the newest unless told. Raises NotFound, also for another workspace's."""
    found = list_versions(connection, policy_id, workspace_id=workspace_id)
    wanted = [policy for policy in found if version is None or policy.version == version]
    if not wanted:
        raise NotFound(f"no data policy {policy_id!r}")
    return wanted[0]


def list_versions(connection: Connection, policy_id: str, *, workspace_id: str) -> list[StoredPolicy]:
    """Every version of a policy, newest first; none if there is no such policy."""
    return _policies(connection, workspace_id, tables.data_policies.c.id == policy_id)


def find_policies(
    connection: Connection, names: Sequence[str], *, workspace_id: str
) -> dict[str, StoredPolicy]:
    """The newest version of each policy by what it was called here: its name or its id."""
    table, found = tables.data_policies.c, dict[str, StoredPolicy]()
    for policy in reversed(_policies(connection, workspace_id, table.name.in_(names) | table.id.in_(names))):
        found |= {key: policy for key in (policy.name, policy.id) if key in names}
    return found


def list_policies(
    connection: Connection, *, workspace_id: str, limit: int, before: str | None = None
) -> tuple[list[StoredPolicy], int]:
    """One page of the newest versions, newest policy first, and how many policies there are."""
    table = tables.data_policies.c
    ours = table.workspace_id == workspace_id
    total = connection.execute(select(func.count()).where(ours)).scalar_one()
    query = select(table.id).where(ours).order_by(table.id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.id < before)
    ids = list(connection.execute(query).scalars())
    newest: dict[str, StoredPolicy] = {}
    for policy in reversed(_policies(connection, workspace_id, table.id.in_(ids))):
        newest[policy.id] = policy
    return [newest[each] for each in ids], total


def _policies(
    connection: Connection, workspace_id: str, condition: ColumnElement[bool]
) -> list[StoredPolicy]:
    table, versions = tables.data_policies, tables.data_policy_versions
    query = (
        select(table.c.id, table.c.name, versions)
        .join(versions, versions.c.policy_id == table.c.id)
        .where(table.c.workspace_id == workspace_id, condition)
        .order_by(table.c.id, versions.c.version.desc())
    )
    return [_policy(row) for row in connection.execute(query)]


def _policy(row: Row[Any]) -> StoredPolicy:
    return StoredPolicy(
        id=row.id,
        name=row.name,
        version=row.version,
        digest=row.digest,
        content=row.content,
        created_at=row.created_at,
    )
