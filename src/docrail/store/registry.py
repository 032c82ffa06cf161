"""The field registry: which confirmations are not learned yet, what they teach, and what is remembered."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, func, insert, or_, select, update

from docrail.core.errors import NotFound
from docrail.store import tables
from docrail.store.given import upsert
from docrail.store.ids import new_id
from docrail.store.rows import from_json, to_json

ANCHORS_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A confirmed value that counts now and is not learned yet."""

    confirmation_id: str
    document_id: str
    digest: str
    filename: str
    field: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedField:
    """A field of a spec: how many documents taught it, and its anchors added up: all, trusted, and how often right.

    `seen` and `right` are those of the trusted anchors.
    """

    id: str
    spec_id: str
    spec_name: str
    name: str
    confirmed: int
    anchors: int
    trusted: int
    seen: int
    right: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedAnchor:
    """An anchor of a field: on how many confirmed documents it named a value, and how often that was the right one."""

    anchor: str
    seen: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """When an anchor is trusted: seen so often at least, and right in this share of the times at least."""

    seen: int
    precision: float

    def clause(self) -> Any:
        """The condition on a row of `anchors`."""
        table = tables.anchors.c
        return and_(table.seen >= self.seen, table.right >= self.precision * table.seen, table.right > 0)


def find_lessons(connection: Connection, *, workspace_id: str, spec_id: str) -> list[Lesson]:
    """The latest confirmation of each document and field that was not learned yet, document by document."""
    c, field, sighting = tables.confirmations.c, tables.registry_fields.c, tables.sightings.c
    query = (
        select(c.id, c.document_id, tables.documents.c.digest, tables.documents.c.filename, c.field, c.value)
        .join(tables.documents, tables.documents.c.id == c.document_id)
        .outerjoin(tables.registry_fields, and_(field.spec_id == c.spec_id, field.name == c.field))
        .outerjoin(
            tables.sightings, and_(sighting.field_id == field.id, sighting.document_id == c.document_id)
        )
        .where(c.workspace_id == workspace_id, c.spec_id == spec_id)
        .where(or_(sighting.confirmation_id.is_(None), sighting.confirmation_id < c.id))
        .order_by(c.id)
    )
    latest = {(row.document_id, row.field): row for row in connection.execute(query)}
    lessons = [
        Lesson(
            confirmation_id=row.id,
            document_id=row.document_id,
            digest=row.digest,
            filename=row.filename,
            field=row.field,
            value=from_json(row.value),
        )
        for row in latest.values()
    ]
    return sorted(lessons, key=lambda lesson: lesson.document_id)


def learn(
    connection: Connection,
    taught: Sequence[tuple[Lesson, Mapping[str, bool]]],
    *,
    workspace_id: str,
    spec_id: str,
    at: int,
) -> None:
    """Add what lessons taught (anchor → whether it named the value); what the same field said before is taken back."""
    connection.execute(select(tables.specs.c.id).where(tables.specs.c.id == spec_id).with_for_update())
    for name in sorted({lesson.field for lesson, _ in taught}):
        of_field = [(lesson, seen) for lesson, seen in taught if lesson.field == name]
        field_id = _field_id(connection, workspace_id=workspace_id, spec_id=spec_id, name=name, at=at)
        _learn_field(connection, field_id, of_field)


def _field_id(connection: Connection, *, workspace_id: str, spec_id: str, name: str, at: int) -> str:
    table = tables.registry_fields
    query = select(table.c.id).where(table.c.spec_id == spec_id, table.c.name == name)
    known = connection.execute(query).scalar_one_or_none()
    if known is not None:
        connection.execute(update(table).where(table.c.id == known).values(updated_at=at))
        return str(known)
    row = {"id": new_id(), "workspace_id": workspace_id, "spec_id": spec_id, "name": name, "updated_at": at}
    connection.execute(insert(table), row)
    return str(row["id"])


def _learn_field(
    connection: Connection, field_id: str, taught: Sequence[tuple[Lesson, Mapping[str, bool]]]
) -> None:
    table = tables.sightings.c
    wanted = [lesson.document_id for lesson, _ in taught]
    rows = connection.execute(
        select(table.document_id, table.confirmation_id, table.anchors).where(
            table.field_id == field_id, table.document_id.in_(wanted)
        )
    )
    before = {row.document_id: row for row in rows}
    seen, right = Counter[str](), Counter[str]()
    news = []
    for lesson, anchors in taught:
        old = before.get(lesson.document_id)
        if old is not None and old.confirmation_id >= lesson.confirmation_id:
            continue  # another process was quicker
        for anchors_then, sign in ((anchors, 1), (from_json(old.anchors) if old is not None else {}, -1)):
            for anchor, was_right in anchors_then.items():
                seen[anchor] += sign
                right[anchor] += sign * was_right
        news.append(
            {
                "field_id": field_id,
                "document_id": lesson.document_id,
                "confirmation_id": lesson.confirmation_id,
                "anchors": to_json(anchors),
            }
        )
    _keep_sightings(connection, news)
    _count(connection, field_id, seen, right)


def _keep_sightings(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    statement = upsert(connection, tables.sightings)
    statement = statement.on_conflict_do_update(
        index_elements=["field_id", "document_id"],
        set_={
            "confirmation_id": statement.excluded.confirmation_id,
            "anchors": statement.excluded.anchors,
        },
    )
    if rows:
        connection.execute(statement, rows)


def _count(connection: Connection, field_id: str, seen: Counter[str], right: Counter[str]) -> None:
    table = tables.anchors.c
    statement = upsert(connection, tables.anchors)
    statement = statement.on_conflict_do_update(
        index_elements=["field_id", "anchor"],
        set_={
            "seen": table.seen + statement.excluded.seen,
            "right": table.right + statement.excluded.right,
        },
    )
    rows = [
        {"field_id": field_id, "anchor": anchor, "seen": n, "right": right[anchor]}
        for anchor, n in sorted(seen.items())
        if n or right[anchor]
    ]
    if rows:
        connection.execute(statement, rows)


def read_trusted(
    connection: Connection, *, workspace_id: str, spec_id: str, trust: Trust
) -> dict[str, dict[str, list[int]]]:
    """The anchors a run of the spec may use: field → anchor → [seen, right]."""
    field, anchor = tables.registry_fields.c, tables.anchors.c
    rows = connection.execute(
        select(field.name, anchor.anchor, anchor.seen, anchor.right)
        .join(tables.anchors, anchor.field_id == field.id)
        .where(field.workspace_id == workspace_id, field.spec_id == spec_id, trust.clause())
        .order_by(field.name, anchor.anchor)
    )
    trusted: dict[str, dict[str, list[int]]] = {}
    for name, key, seen, right in rows:
        trusted.setdefault(name, {})[key] = [seen, right]
    return trusted


def list_fields(
    connection: Connection,
    *,
    workspace_id: str,
    limit: int,
    trust: Trust,
    before: str | None = None,
    spec_id: str | None = None,
    field_id: str | None = None,
) -> tuple[list[RememberedField], int]:
    """One page of remembered fields, newest first, and how many there are."""
    table = tables.registry_fields.c
    ours = select(table.id).where(table.workspace_id == workspace_id)
    for column, wanted in ((table.spec_id, spec_id), (table.id, field_id)):
        ours = ours.where(column == wanted) if wanted is not None else ours
    total = connection.execute(select(func.count()).select_from(ours.subquery())).scalar_one()
    if before is not None:
        ours = ours.where(table.id < before)
    ids = connection.execute(ours.order_by(table.id.desc()).limit(limit)).scalars().all()
    return _read_fields(connection, ids, trust=trust), total


def _read_fields(connection: Connection, ids: Sequence[str], *, trust: Trust) -> list[RememberedField]:
    field, anchor, sighting = tables.registry_fields.c, tables.anchors.c, tables.sightings.c
    counts = (
        func.count().label("anchors"),
        *(
            func.coalesce(func.sum(case((trust.clause(), value), else_=0)), 0).label(name)
            for name, value in (("trusted", 1), ("seen", anchor.seen), ("right", anchor.right))
        ),
    )
    added = (
        select(anchor.field_id, *counts)
        .where(anchor.field_id.in_(ids), anchor.seen > 0)
        .group_by(anchor.field_id)
    ).subquery()
    confirmed = select(func.count()).where(sighting.field_id == field.id).scalar_subquery()
    query = (
        select(field.id, field.spec_id, tables.specs.c.name.label("spec_name"), field.name, field.updated_at)
        .add_columns(confirmed.label("confirmed"))
        .add_columns(*(func.coalesce(added.c[each.name], 0).label(each.name) for each in counts))
        .join(tables.specs, tables.specs.c.id == field.spec_id)
        .outerjoin(added, added.c.field_id == field.id)
        .where(field.id.in_(ids))
        .order_by(field.id.desc())
    )
    return [
        RememberedField(
            id=row["id"],
            spec_id=row["spec_id"],
            spec_name=row["spec_name"],
            name=row["name"],
            updated_at=row["updated_at"],
            **{key: int(row[key]) for key in ("confirmed", "anchors", "trusted", "seen", "right")},
        )
        for row in connection.execute(query).mappings()
    ]


def read_field(
    connection: Connection, field_id: str, *, workspace_id: str, trust: Trust
) -> tuple[RememberedField, list[RememberedAnchor]]:
    """A field and its anchors, most often right first, up to `ANCHORS_SHOWN`. Raises NotFound."""
    found, _ = list_fields(connection, workspace_id=workspace_id, limit=1, trust=trust, field_id=field_id)
    if not found:
        raise NotFound(f"no field {field_id!r}")
    table = tables.anchors.c
    rows = connection.execute(
        select(table.anchor, table.seen, table.right)
        .where(table.field_id == field_id, table.seen > 0)
        .order_by(table.right.desc(), table.seen, table.anchor)
        .limit(ANCHORS_SHOWN)
    )
    return found[0], [RememberedAnchor(**row) for row in rows.mappings()]
