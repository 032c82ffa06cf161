"""Specs: the same content is the same version, other content under the same name the next one."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from docrail.core.errors import NotFound
from docrail.store import tables
from docrail.store.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSpec:
    """One version of a spec; `content` is its JSON as frozen, `created_at` in ms since 1970."""

    id: str
    name: str
    version: int
    digest: str
    content: str
    created_at: int


def add_spec(
    connection: Connection, *, workspace_id: str, name: str, digest: str, content: str, at: int
) -> StoredSpec:
    """The version of this content; a new one when no version of that name has this digest."""
    specs, versions = tables.specs.c, tables.spec_versions.c
    spec_id = connection.execute(
        select(specs.id).where(specs.workspace_id == workspace_id, specs.name == name)
    ).scalar_one_or_none()
    if spec_id is None:
        spec_id = new_id()
        row = {"id": spec_id, "workspace_id": workspace_id, "name": name, "created_at": at}
        connection.execute(insert(tables.specs), row)
    lock_spec(connection, spec_id)
    known = connection.execute(
        select(func.max(versions.version)).where(versions.spec_id == spec_id, versions.digest == digest)
    ).scalar_one_or_none()
    if known is None:
        known = add_version(connection, spec_id, digest=digest, content=content, at=at)
    return read_spec(connection, spec_id, workspace_id=workspace_id, version=known)


def add_version(connection: Connection, spec_id: str, *, digest: str, content: str, at: int) -> int:
    """A new newest version of a spec, also if an older one says the same; its number."""
    versions = tables.spec_versions.c
    newest = select(func.coalesce(func.max(versions.version), 0)).where(versions.spec_id == spec_id)
    version = int(connection.execute(newest).scalar_one()) + 1
    row = {"spec_id": spec_id, "version": version, "digest": digest, "content": content, "created_at": at}
    connection.execute(insert(tables.spec_versions), row)
    return version


def lock_spec(connection: Connection, spec_id: str) -> None:
    """Who adds versions to one spec does so one after another."""
    table = tables.specs.c
    connection.execute(select(table.id).where(table.id == spec_id).with_for_update(key_share=True))


def is_used(connection: Connection, spec_id: str) -> bool:
    """Whether a run was started with the spec, or people confirmed values for it."""
    runs, confirmed = tables.runs.c, tables.confirmations.c
    queries = (
        select(runs.id).where(runs.spec_id == spec_id),
        select(confirmed.id).where(confirmed.spec_id == spec_id),
    )
    return any(connection.execute(query.limit(1)).first() for query in queries)


def delete_spec(connection: Connection, spec_id: str) -> None:
    """Remove a spec that nothing uses, with its versions."""
    connection.execute(delete(tables.spec_versions).where(tables.spec_versions.c.spec_id == spec_id))
    connection.execute(delete(tables.specs).where(tables.specs.c.id == spec_id))


def has_name(connection: Connection, name: str, *, workspace_id: str) -> bool:
    """Whether there is a spec of this name."""
    table = tables.specs.c
    query = select(table.id).where(table.workspace_id == workspace_id, table.name == name)
    return connection.execute(query).first() is not None


def read_spec(
    connection: Connection, spec_id: str, *, workspace_id: str, version: int | None = None
) -> StoredSpec:
    """A version of a spec, the newest unless told. Raises NotFound, also for another workspace's."""
    found = list_versions(connection, spec_id, workspace_id=workspace_id)
    wanted = [spec for spec in found if version is None or spec.version == version]
    if not wanted:
        raise NotFound(f"no spec {spec_id!r}")
    return wanted[0]


def workspace_of(connection: Connection, spec_id: str) -> str:
    """The id of the workspace that a spec is in. Raises NotFound."""
    table = tables.specs.c
    found = connection.execute(select(table.workspace_id).where(table.id == spec_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"no spec {spec_id!r}")
    return str(found)


def list_versions(connection: Connection, spec_id: str, *, workspace_id: str) -> list[StoredSpec]:
    """Every version of a spec, newest first; none if there is no such spec."""
    specs, versions = tables.specs, tables.spec_versions
    query = (
        select(specs.c.id, specs.c.name, versions.c.version, versions.c.digest, versions.c.content)
        .add_columns(versions.c.created_at)
        .join(versions, versions.c.spec_id == specs.c.id)
        .where(specs.c.id == spec_id, specs.c.workspace_id == workspace_id)
        .order_by(versions.c.version.desc())
    )
    return [StoredSpec(**row) for row in connection.execute(query).mappings()]


def list_specs(
    connection: Connection, *, workspace_id: str, limit: int, before: str | None = None
) -> tuple[list[StoredSpec], int]:
    """One page of specs in their newest version, newest spec first, and how many there are."""
    table = tables.specs.c
    ours = select(table.id).where(table.workspace_id == workspace_id)
    total = connection.execute(select(func.count()).select_from(ours.subquery())).scalar_one()
    if before is not None:
        ours = ours.where(table.id < before)
    ids = connection.execute(ours.order_by(table.id.desc()).limit(limit)).scalars().all()
    return [read_spec(connection, spec_id, workspace_id=workspace_id) for spec_id in ids], total
