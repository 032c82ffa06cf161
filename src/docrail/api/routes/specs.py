"""Specs: a whole spec as JSON or YAML, and its versions."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from docrail.api.auth import Acting
from docrail.api.ids import PathId
from docrail.api.pages import Page, PageQuery
from docrail.core.errors import InvalidInput
from docrail.core.plan_json import spec_from_json
from docrail.core.spec_build import spec_to_document
from docrail.store.specs import StoredSpec
from docrail.usecases import spec_versions
from docrail.usecases.spec_text import save_spec_text
from docrail.usecases.times import iso_time

router = APIRouter(prefix="/v1/specs", tags=["specs"])
SPEC_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": {"type": "object"}},
        "application/yaml": {"schema": {"type": "string"}},
    },
}


class SpecBody(BaseModel):
    """One version of a spec; its `id` is the `schema_id` that a pipeline takes."""

    id: str
    name: str
    version: int
    digest: str
    created_at: str
    links: dict[str, str]


class WholeSpecBody(SpecBody):
    """A version with what it says, in the shape of the spec file."""

    content: dict[str, Any]


class SpecVersions(BaseModel):
    """Every version of a spec, newest first."""

    data: list[SpecBody]


async def _text(request: Request) -> str:
    try:
        return (await request.body()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the spec is not UTF-8 text (byte {error.start})") from error


@router.post("", status_code=201, openapi_extra={"requestBody": SPEC_BODY})
def save_spec(program: Acting, text: Annotated[str, Depends(_text)]) -> SpecBody:
    """Keep a spec: the same content is the same version, other content of the same name the next one."""
    return _spec(save_spec_text(program, text))


@router.get("")
def list_specs(program: Acting, wanted: PageQuery) -> Page[SpecBody]:
    """Specs in their newest version, newest spec first."""
    rows, total = spec_versions.list_specs(program, limit=wanted.fetch, after=wanted.after)
    return wanted.page(rows, total=total, show=_spec, key=lambda row: row.id)


@router.get("/{spec_id}")
def get_spec(program: Acting, spec_id: PathId) -> WholeSpecBody:
    """The newest version of a spec, with what it says."""
    stored = spec_versions.get_spec(program, spec_id)
    content = spec_to_document(spec_from_json(stored.content))
    return WholeSpecBody(**_spec(stored).model_dump(), content=content)


@router.get("/{spec_id}/versions")
def list_versions(program: Acting, spec_id: PathId) -> SpecVersions:
    """Every version of a spec, newest first."""
    return SpecVersions(data=[_spec(each) for each in spec_versions.list_spec_versions(program, spec_id)])


def _spec(stored: StoredSpec) -> SpecBody:
    here = f"/v1/specs/{stored.id}"
    return SpecBody(
        id=stored.id,
        name=stored.name,
        version=stored.version,
        digest=stored.digest,
        created_at=iso_time(stored.created_at),
        links={"self": here, "versions": f"{here}/versions"},
    )
