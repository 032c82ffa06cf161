"""Data policies: rules under a name, in versions."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from docrail.api.asked import Asked
from docrail.api.auth import Acting
from docrail.api.ids import PathId, Text
from docrail.api.pages import Page, PageQuery
from docrail.store.data_policies import StoredPolicy
from docrail.usecases import data_policies
from docrail.usecases.times import iso_time

router = APIRouter(prefix="/v1/data-policies", tags=["data policies"])


class RulesRequest(Asked):
    """Rules as a spec file writes them."""

    rules: list[dict[str, Any]] = Field(min_length=1, max_length=1000)


class PolicyRequest(RulesRequest):
    """A policy as a spec file writes it."""

    name: Text
    active: bool = True


class PolicyBody(BaseModel):
    """One version of a policy."""

    id: str
    name: str
    version: int
    digest: str
    active: bool
    rules: list[dict[str, Any]]
    created_at: str
    links: dict[str, str]


class RuleList(BaseModel):
    """The rules of a version, as they were written."""

    data: list[dict[str, Any]]


class PolicyVersions(BaseModel):
    """Every version of a policy, newest first."""

    data: list[PolicyBody]


@router.post("", status_code=201)
def save_policy(program: Acting, wanted: PolicyRequest) -> PolicyBody:
    """Keep a policy; the same content under the same name is the same version."""
    return _policy(data_policies.save_policy(program, wanted.name, wanted.rules, active=wanted.active))


@router.get("")
def list_policies(program: Acting, wanted: PageQuery) -> Page[PolicyBody]:
    """Data policies in their newest version, those of specs too."""
    rows, total = data_policies.list_policies(program, limit=wanted.fetch, after=wanted.after)
    return wanted.page(rows, total=total, show=_policy, key=lambda row: row.id)


@router.get("/{policy_id}")
def get_policy(
    program: Acting, policy_id: PathId, version: Annotated[int | None, Query(ge=1)] = None
) -> PolicyBody:
    """One policy; the newest version unless told."""
    return _policy(data_policies.get_policy(program, policy_id, version=version))


@router.get("/{policy_id}/versions")
def list_versions(program: Acting, policy_id: PathId) -> PolicyVersions:
    """Every version of a policy."""
    return PolicyVersions(
        data=[_policy(each) for each in data_policies.list_policy_versions(program, policy_id)]
    )


@router.get("/{policy_id}/rules")
def list_rules(program: Acting, policy_id: PathId) -> RuleList:
    """The rules of the newest version."""
    return RuleList(data=_policy(data_policies.get_policy(program, policy_id)).rules)


@router.post("/{policy_id}/rules", status_code=201)
def add_rules(program: Acting, policy_id: PathId, wanted: RulesRequest) -> PolicyBody:
    """Add rules: the next version."""
    return _policy(data_policies.change_rules(program, policy_id, wanted.rules, add=True))


@router.put("/{policy_id}/rules")
def replace_rules(program: Acting, policy_id: PathId, wanted: RulesRequest) -> PolicyBody:
    """Take other rules: the next version."""
    return _policy(data_policies.change_rules(program, policy_id, wanted.rules, add=False))


def _policy(stored: StoredPolicy) -> PolicyBody:
    policy, here = data_policies.read_content(stored), f"/v1/data-policies/{stored.id}"
    return PolicyBody(
        id=stored.id,
        name=stored.name,
        version=stored.version,
        digest=stored.digest,
        active=policy.active,
        rules=[dict(rule) for rule in policy.rules],
        created_at=iso_time(stored.created_at),
        links={"self": here, "rules": f"{here}/rules", "versions": f"{here}/versions"},
    )
