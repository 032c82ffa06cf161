"""`client.schemas`: the parts of a spec one by one; each change makes a new version of the whole."""

from collections.abc import Mapping, Sequence
from typing import Any

from docrail.client.effects import Items, Steps
from docrail.client.resource import Link, ManyResults, OneResult, Resource
from docrail.client.route import Route, given, list_all
from docrail.client.values.pages import Everything, Page
from docrail.client.values.specs import Gate, Rail, Schema
from docrail.client.values.value import Json

PATH = "/v1/schemas"
ONE = f"{PATH}/{{schema_id}}"
GATES = f"{ONE}/validation-stages"
GATE = f"{GATES}/{{stage_id}}"
LIST = Route("GET", PATH, Page[Schema])
CREATE = Route("POST", PATH, Schema)
GET = Route("GET", ONE, Schema)
CHANGE = Route("PUT", ONE, Schema)
DELETE = Route("DELETE", ONE, type(None))
GET_RAIL = Route("GET", f"{ONE}/rail", Rail)
CHANGE_RAIL = Route("PUT", f"{ONE}/rail", Rail)
LIST_GATES = Route("GET", GATES, Everything[Gate])
ADD_GATE = Route("POST", GATES, Gate)
GET_GATE = Route("GET", GATE, Gate)
CHANGE_GATE = Route("PUT", GATE, Gate)
DELETE_GATE = Route("DELETE", GATE, type(None))


class Schemas(Resource[Link]):
    """Schemas: fields, rail and gates. A stage and a gate are dicts as in the spec file."""

    @ManyResults
    def list(self) -> Items[Schema]:
        """Schemas in their newest version, newest first."""
        return list_all(LIST)

    @OneResult
    def create(
        self, name: str, fields: Mapping[str, Any], *, description: str | None = None
    ) -> Steps[Schema]:
        """Make a schema of these fields (name → JSON Schema property). Raises Conflict if the name is taken."""
        return CREATE.ask(json={"name": name, "fields": fields, **given(description=description)})

    @OneResult
    def get(self, schema_id: str) -> Steps[Schema]:
        """The newest version of a schema."""
        return GET.ask(schema_id)

    @OneResult
    def change(
        self, schema_id: str, fields: Mapping[str, Any], *, description: str | None = None
    ) -> Steps[Schema]:
        """Other fields: a new version; pipelines that run keep theirs."""
        return CHANGE.ask(schema_id, json={"fields": fields, **given(description=description)})

    @OneResult
    def delete(self, schema_id: str) -> Steps[None]:
        """Remove a schema. Raises Conflict if a pipeline was ever started with it."""
        return DELETE.ask(schema_id)

    @OneResult
    def rail(self, schema_id: str) -> Steps[Rail]:
        """The stages that a document passes, in order."""
        return GET_RAIL.ask(schema_id)

    @OneResult
    def change_rail(self, schema_id: str, stages: Sequence[Json]) -> Steps[Rail]:
        """Another rail: a new version. Raises InvalidInput with every problem of it."""
        return CHANGE_RAIL.ask(schema_id, json={"stages": stages})

    @OneResult
    def gates(self, schema_id: str) -> Steps[tuple[Gate, ...]]:
        """The gates of a schema."""
        return (yield from LIST_GATES.ask(schema_id)).data

    @OneResult
    def add_gate(self, schema_id: str, gate: Json) -> Steps[Gate]:
        """One gate more; it works once a `valid` stage of the rail names it."""
        return ADD_GATE.ask(schema_id, json=gate)

    @OneResult
    def gate(self, schema_id: str, gate_id: str) -> Steps[Gate]:
        """One gate."""
        return GET_GATE.ask(schema_id, gate_id)

    @OneResult
    def change_gate(self, schema_id: str, gate_id: str, gate: Json) -> Steps[Gate]:
        """Other checks, fields or severity for a gate; its name stays."""
        return CHANGE_GATE.ask(schema_id, gate_id, json=gate)

    @OneResult
    def delete_gate(self, schema_id: str, gate_id: str) -> Steps[None]:
        """Take a gate out. Raises InvalidInput while the rail names it."""
        return DELETE_GATE.ask(schema_id, gate_id)
