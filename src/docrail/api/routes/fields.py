"""The field registry: what is remembered of each field, and how often it was right."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from docrail.api.auth import Acting
from docrail.api.ids import PathId, Text
from docrail.api.pages import Page, PageQuery
from docrail.store.registry import RememberedAnchor, RememberedField
from docrail.usecases import registry
from docrail.usecases.times import iso_time

router = APIRouter(prefix="/v1/fields", tags=["fields"])


class SpecName(BaseModel):
    """The spec that a field is of."""

    id: str
    name: str


class FieldBody(BaseModel):
    """A remembered field: on how many documents it was confirmed, how many anchors were seen and how many of them the
    next run trusts; `seen`, `right` and `precision` are those of the trusted ones, added up."""

    id: str
    name: str
    spec: SpecName
    confirmed: int
    anchors: int
    trusted: int
    seen: int
    right: int
    precision: float | None
    updated_at: str
    links: dict[str, str]


class AnchorBody(BaseModel):
    """Words in their relation to a value: on how many confirmed documents they named one, and how often rightly."""

    anchor: str
    seen: int
    right: int
    precision: float
    trusted: bool


class WholeFieldBody(FieldBody):
    """A remembered field with its anchors, most often right first; `known` has up to 200 of them."""

    known: list[AnchorBody]


@router.get("")
def list_fields(
    program: Acting,
    wanted: PageQuery,
    schema_id: Annotated[Text | None, Query(description="only the fields of this spec")] = None,
) -> Page[FieldBody]:
    """The fields that are remembered, newest first."""
    rows, total = registry.list_fields(program, limit=wanted.fetch, after=wanted.after, spec_id=schema_id)
    return wanted.page(rows, total=total, show=_field, key=lambda row: row.id)


@router.get("/{field_id}")
def get_field(program: Acting, field_id: PathId) -> WholeFieldBody:
    """What is remembered of one field."""
    field, anchors = registry.get_field(program, field_id)
    return WholeFieldBody(**_field(field).model_dump(), known=[_anchor(each) for each in anchors])


def _field(field: RememberedField) -> FieldBody:
    return FieldBody(
        id=field.id,
        name=field.name,
        spec=SpecName(id=field.spec_id, name=field.spec_name),
        confirmed=field.confirmed,
        anchors=field.anchors,
        trusted=field.trusted,
        seen=field.seen,
        right=field.right,
        precision=round(field.right / field.seen, 4) if field.seen else None,
        updated_at=iso_time(field.updated_at),
        links={"self": f"/v1/fields/{field.id}", "spec": f"/v1/specs/{field.spec_id}"},
    )


def _anchor(anchor: RememberedAnchor) -> AnchorBody:
    return AnchorBody(
        anchor=anchor.anchor,
        seen=anchor.seen,
        right=anchor.right,
        precision=round(anchor.right / anchor.seen, 4),
        trusted=registry.is_trusted(anchor),
    )
