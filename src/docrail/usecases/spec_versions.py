"""Specs as kept: the same content is the same version."""

from docrail.bootstrap import Program
from docrail.core.errors import NotFound
from docrail.core.plan import compile_rail
from docrail.core.plan_json import spec_from_json, spec_to_json
from docrail.core.spec import Spec
from docrail.store import specs
from docrail.store.ids import now_ms
from docrail.store.specs import StoredSpec
from docrail.usecases.audit import note
from docrail.usecases.data_policies import keep_policies, with_stored_policies
from docrail.usecases.specs import spec_digest


def save_spec(program: Program, spec: Spec) -> StoredSpec:
    """Keep a spec whose rail compiles. Raises InvalidInput with every problem at once."""
    spec = with_stored_policies(program, spec)
    compile_rail(spec)
    with program.database.writing() as connection:
        at = now_ms()
        keep_policies(program, connection, spec)
        stored = specs.add_spec(
            connection,
            workspace_id=program.workspace,
            name=spec.name,
            digest=spec_digest(spec),
            content=spec_to_json(spec).decode(),
            at=at,
        )
        if stored.created_at == at:
            note(
                program,
                connection,
                "spec.saved",
                stored.id,
                name=stored.name,
                version=stored.version,
                digest=stored.digest,
            )
        return stored


def get_spec(program: Program, spec_id: str) -> StoredSpec:
    """The newest version of a spec. Raises NotFound."""
    with program.database.reading() as connection:
        return specs.read_spec(connection, spec_id, workspace_id=program.workspace)


def list_spec_versions(program: Program, spec_id: str) -> list[StoredSpec]:
    """Every version, newest first. Raises NotFound."""
    get_spec(program, spec_id)
    with program.database.reading() as connection:
        return specs.list_versions(connection, spec_id, workspace_id=program.workspace)


def list_specs(
    program: Program, *, limit: int = 20, after: str | None = None
) -> tuple[list[StoredSpec], int]:
    """One page of specs, newest first, and how many there are."""
    with program.database.reading() as connection:
        return specs.list_specs(connection, workspace_id=program.workspace, limit=limit, before=after)


def find_spec(program: Program, name: str) -> Spec:
    """The newest version of the newest spec of that name or id. Raises NotFound."""
    after: str | None = None
    while page := list_specs(program, limit=200, after=after)[0]:
        for each in page:
            if name in {each.name, each.id}:
                return spec_from_json(each.content)
        after = page[-1].id
    raise NotFound(f"no spec {name!r}: give a spec file, or the name of a spec used before")
