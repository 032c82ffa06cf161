"""What a person can do with the parts of a spec one by one: each change makes a new version of the whole."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from docrail.bootstrap import Program
from docrail.core.errors import Conflict, InvalidInput, NotFound, Problem
from docrail.core.plan_json import spec_from_json, spec_to_json
from docrail.core.spec import Spec
from docrail.core.spec_build import spec_to_document
from docrail.store import specs
from docrail.store.ids import now_ms
from docrail.store.specs import StoredSpec
from docrail.usecases.audit import note
from docrail.usecases.spec_text import check_spec_text
from docrail.usecases.specs import spec_digest

FIRST_RAIL = [{"type": "registry"}, {"type": "schema"}]
"""The rail of a schema that was given without one."""

Document = dict[str, Any]


def read_document(stored: StoredSpec) -> Document:
    """What a version says, in the shape of the spec file."""
    return spec_to_document(spec_from_json(stored.content))


def create_schema(
    program: Program, *, name: str, fields: Mapping[str, Any], description: str | None = None
) -> StoredSpec:
    """A new spec of these fields on the smallest useful rail. Raises InvalidInput, Conflict if the name is taken."""
    document: Document = {"name": name, "fields": fields, "rail": FIRST_RAIL}
    spec = _checked(document if description is None else document | {"description": description})
    with program.database.writing() as connection:
        if specs.has_name(connection, spec.name, workspace_id=program.workspace):
            raise Conflict(f"there is a schema {spec.name!r} already: PUT changes it, or take another name")
        stored = specs.add_spec(
            connection,
            workspace_id=program.workspace,
            name=spec.name,
            digest=spec_digest(spec),
            content=spec_to_json(spec).decode(),
            at=now_ms(),
        )
        _note_saved(program, connection, stored)
        return stored


def change_spec(program: Program, spec_id: str, change: Callable[[Document], Document]) -> StoredSpec:
    """The spec with what `change` makes of its document, as a new version; the same one if nothing changed.

    Raises NotFound, and InvalidInput with every problem of the changed spec.
    """
    with program.database.writing() as connection:
        specs.read_spec(connection, spec_id, workspace_id=program.workspace)
        specs.lock_spec(connection, spec_id)
        stored = specs.read_spec(connection, spec_id, workspace_id=program.workspace)
        spec = _checked(change(read_document(stored)))
        digest = spec_digest(spec)
        if digest == stored.digest:
            return stored
        content = spec_to_json(spec).decode()
        version = specs.add_version(connection, spec_id, digest=digest, content=content, at=now_ms())
        saved = specs.read_spec(connection, spec_id, workspace_id=program.workspace, version=version)
        _note_saved(program, connection, saved)
        return saved


def change_schema(
    program: Program, spec_id: str, *, name: str | None, fields: Mapping[str, Any], description: str | None
) -> StoredSpec:
    """Other fields for a spec. Raises NotFound, and InvalidInput, also for another name: it is what versions share."""

    def change(document: Document) -> Document:
        if name not in (None, document["name"]):
            problem = Problem(
                path="name", message=f"stays {document['name']!r}: it is what the versions share"
            )
            raise InvalidInput("a schema cannot be given another name", (problem,))
        rest = {key: value for key, value in document.items() if key != "description"}
        return rest | ({} if description is None else {"description": description}) | {"fields": fields}

    return change_spec(program, spec_id, change)


def delete_schema(program: Program, spec_id: str) -> None:
    """Remove a spec with all its versions. Raises NotFound, Conflict while anything was made with it."""
    with program.database.writing() as connection:
        specs.read_spec(connection, spec_id, workspace_id=program.workspace)
        specs.lock_spec(connection, spec_id)
        if specs.is_used(connection, spec_id):
            raise Conflict(
                "pipelines or confirmed values refer to this schema: it stays as the record of them"
            )
        specs.delete_spec(connection, spec_id)
        note(program, connection, "spec.deleted", spec_id)


def change_rail(program: Program, spec_id: str, stages: list[Document]) -> StoredSpec:
    """Another rail for a spec; `policy_ids` and `stage_ids` may be ids or names. Raises NotFound, InvalidInput."""

    def change(document: Document) -> Document:
        named = [_with_names(stage, gate_ids(spec_id, document)) for stage in stages]
        return document | {"rail": named}

    return change_spec(program, spec_id, change)


def gate_ids(spec_id: str, document: Document) -> dict[str, str]:
    """The name of each gate of a spec by its id, which is made of the spec's id and the name."""
    return {part_id(spec_id, "gate", gate["name"]): gate["name"] for gate in document.get("gates", ())}


def part_id(spec_id: str, kind: str, name: str) -> str:
    """The id of a named part of a spec; the same in every version."""
    return str(uuid.uuid5(uuid.UUID(spec_id), f"{kind}:{name}"))


def find_gate(stored: StoredSpec, stage_id: str) -> Document:
    """The gate of a spec by its id, as written. Raises NotFound."""
    document = read_document(stored)
    name = gate_ids(stored.id, document).get(stage_id)
    for gate in document.get("gates", ()):
        if gate["name"] == name:
            return dict(gate)
    raise NotFound(f"no gate {stage_id!r}")


def add_gate(program: Program, spec_id: str, gate: Document) -> StoredSpec:
    """One gate more. Raises NotFound, InvalidInput, Conflict if the name is taken."""

    def change(document: Document) -> Document:
        gates = list(document.get("gates", ()))
        if any(each["name"] == gate["name"] for each in gates):
            raise Conflict(f"there is a gate {gate['name']!r} already: PUT changes it, or take another name")
        return document | {"gates": [*gates, gate]}

    return change_spec(program, spec_id, change)


def change_gate(program: Program, spec_id: str, stage_id: str, gate: Document | None) -> StoredSpec:
    """Another gate in the place of one, or none. Raises NotFound, InvalidInput (also while the rail names it)."""

    def change(document: Document) -> Document:
        name = gate_ids(spec_id, document).get(stage_id)
        if name is None:
            raise NotFound(f"no gate {stage_id!r}")
        if gate is not None and gate["name"] != name:
            problem = Problem(
                path="name", message=f"stays {name!r}: the rail names it; make a new gate instead"
            )
            raise InvalidInput("a gate cannot be given another name", (problem,))
        return document | {"gates": [x for each in document["gates"] for x in _instead(each, name, gate)]}

    return change_spec(program, spec_id, change)


def _instead(each: Document, name: str, gate: Document | None) -> list[Document]:
    if each["name"] != name:
        return [each]
    return [] if gate is None else [gate]


def _with_names(stage: Document, names: Mapping[str, str]) -> Document:
    """The stage with names for the ids of gates in it."""
    options = dict(stage.get("json") or {})
    for place in (stage, options):
        for key in ("stage_ids", "gates"):
            if isinstance(place.get(key), list):
                place[key] = [names.get(each, each) if isinstance(each, str) else each for each in place[key]]
    return stage | ({"json": options} if options else {})


def _note_saved(program: Program, connection: Connection, stored: StoredSpec) -> None:
    note(
        program,
        connection,
        "spec.saved",
        stored.id,
        name=stored.name,
        version=stored.version,
        digest=stored.digest,
    )


def _checked(document: Document) -> Spec:
    return check_spec_text(json.dumps(document), origin="schema")
