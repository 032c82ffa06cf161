"""Schemas: the parts of a spec one by one (fields, rail, gates); each change makes a new version of the whole."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from docrail.api.asked import Asked
from docrail.api.auth import Acting
from docrail.api.ids import PathId
from docrail.api.pages import Page, PageQuery
from docrail.store.specs import StoredSpec
from docrail.usecases import schemas, spec_versions
from docrail.usecases.schemas import part_id, read_document
from docrail.usecases.times import iso_time

router = APIRouter(prefix="/v1/schemas", tags=["schemas"])
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
FIELDS = Field(description="name → JSON Schema property", examples=[{"total": {"type": "number"}}])


class SchemaRequest(Asked):
    """The fields wanted, as in the spec file."""

    name: Name
    description: str | None = None
    fields: dict[str, Any] = FIELDS


class SchemaChange(Asked):
    """The fields wanted now; the name stays."""

    name: Name | None = None
    description: str | None = None
    fields: dict[str, Any] = FIELDS


class SchemaBody(BaseModel):
    """The newest version of a spec, as a schema: its fields."""

    id: str
    name: str
    description: str | None
    version: int
    fields: dict[str, Any]
    created_at: str
    links: dict[str, str]


class StageBody(Asked):
    """One stage of a rail."""

    type: str = Field(max_length=64)
    name: str | None = Field(default=None, max_length=200)
    json_: dict[str, Any] | None = Field(default=None, alias="json")


class RailRequest(Asked):
    """At most 50 stages, in order."""

    stages: list[StageBody] = Field(max_length=50)


class RailBody(BaseModel):
    """The rail of a schema in one version of it."""

    schema_id: str
    version: int
    stages: list[dict[str, Any]]


class GateRequest(Asked):
    """A gate, as in the spec file."""

    name: Name
    severity: Literal["blocking", "warning", "info"] = "blocking"
    active: bool = True
    fields: list[str] = Field(default_factory=list)
    checks: list[str | dict[str, Any]] = Field(min_length=1)


class GateBody(GateRequest):
    """A gate with its id, by which a rail's `stage_ids` may name it."""

    id: str
    schema_id: str
    links: dict[str, str]


class Gates(BaseModel):
    """Every gate of a schema, in its order."""

    data: list[GateBody]


@router.get("")
def list_schemas(program: Acting, wanted: PageQuery) -> Page[SchemaBody]:
    """Schemas in their newest version, newest first."""
    rows, total = spec_versions.list_specs(program, limit=wanted.fetch, after=wanted.after)
    return wanted.page(rows, total=total, show=_schema, key=lambda row: row.id)


@router.post("", status_code=201)
def create_schema(program: Acting, wanted: SchemaRequest) -> SchemaBody:
    """Make a schema of these fields, with a rail of transfer and extraction. `409` if the name is taken."""
    made = schemas.create_schema(
        program, name=wanted.name, fields=wanted.fields, description=wanted.description
    )
    return _schema(made)


@router.get("/{schema_id}")
def get_schema(program: Acting, schema_id: PathId) -> SchemaBody:
    """The newest version of a schema."""
    return _schema(spec_versions.get_spec(program, schema_id))


@router.put("/{schema_id}")
def change_schema(program: Acting, schema_id: PathId, wanted: SchemaChange) -> SchemaBody:
    """Other fields: a new version; pipelines that run keep theirs."""
    changed = schemas.change_schema(
        program, schema_id, name=wanted.name, fields=wanted.fields, description=wanted.description
    )
    return _schema(changed)


@router.delete("/{schema_id}", status_code=204)
def delete_schema(program: Acting, schema_id: PathId) -> None:
    """Remove a schema that no pipeline was ever started with; else `409`."""
    schemas.delete_schema(program, schema_id)


@router.get("/{schema_id}/rail")
def get_rail(program: Acting, schema_id: PathId) -> RailBody:
    """The stages that a document passes, in order."""
    return _rail(spec_versions.get_spec(program, schema_id))


@router.put("/{schema_id}/rail")
def change_rail(program: Acting, schema_id: PathId, wanted: RailRequest) -> RailBody:
    """Another rail: a new version. Every problem of it is in `details` of a `400`."""
    stages = [each.model_dump(by_alias=True, exclude_none=True) for each in wanted.stages]
    return _rail(schemas.change_rail(program, schema_id, stages))


@router.get("/{schema_id}/validation-stages")
def list_gates(program: Acting, schema_id: PathId) -> Gates:
    """The gates of a schema."""
    stored = spec_versions.get_spec(program, schema_id)
    return Gates(data=[_gate(stored, gate) for gate in read_document(stored).get("gates", ())])


@router.post("/{schema_id}/validation-stages", status_code=201)
def add_gate(program: Acting, schema_id: PathId, wanted: GateRequest) -> GateBody:
    """One gate more; it works once a `valid` stage of the rail names it."""
    gate = _written(wanted)
    return _gate(schemas.add_gate(program, schema_id, gate), gate)


@router.get("/{schema_id}/validation-stages/{stage_id}")
def get_gate(program: Acting, schema_id: PathId, stage_id: PathId) -> GateBody:
    """One gate."""
    stored = spec_versions.get_spec(program, schema_id)
    return _gate(stored, schemas.find_gate(stored, stage_id))


@router.put("/{schema_id}/validation-stages/{stage_id}")
def change_gate(program: Acting, schema_id: PathId, stage_id: PathId, wanted: GateRequest) -> GateBody:
    """Other checks, fields or severity for a gate; its name stays."""
    gate = _written(wanted)
    return _gate(schemas.change_gate(program, schema_id, stage_id, gate), gate)


@router.delete("/{schema_id}/validation-stages/{stage_id}", status_code=204)
def delete_gate(program: Acting, schema_id: PathId, stage_id: PathId) -> None:
    """Take a gate out; `400` while the rail names it."""
    schemas.change_gate(program, schema_id, stage_id, None)


def _written(wanted: GateRequest) -> dict[str, Any]:
    gate = wanted.model_dump(exclude={"active", "fields"})
    return (
        gate
        | ({} if wanted.active else {"active": False})
        | ({"fields": wanted.fields} if wanted.fields else {})
    )


def _schema(stored: StoredSpec) -> SchemaBody:
    document, here = read_document(stored), f"/v1/schemas/{stored.id}"
    return SchemaBody(
        id=stored.id,
        name=stored.name,
        description=document.get("description"),
        version=stored.version,
        fields=document["fields"],
        created_at=iso_time(stored.created_at),
        links={
            "self": here,
            "rail": f"{here}/rail",
            "validation_stages": f"{here}/validation-stages",
            "spec": f"/v1/specs/{stored.id}",
        },
    )


def _rail(stored: StoredSpec) -> RailBody:
    return RailBody(schema_id=stored.id, version=stored.version, stages=read_document(stored)["rail"])


def _gate(stored: StoredSpec, gate: dict[str, Any]) -> GateBody:
    gate_id = part_id(stored.id, "gate", gate["name"])
    here = f"/v1/schemas/{stored.id}/validation-stages/{gate_id}"
    links = {"self": here, "schema": f"/v1/schemas/{stored.id}"}
    return GateBody(id=gate_id, schema_id=stored.id, links=links, **gate)
