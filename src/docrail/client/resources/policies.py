"""`client.policies`: data policies, rules under a name, in versions."""

from collections.abc import Sequence

from docrail.client.effects import Items, Steps
from docrail.client.resource import Link, ManyResults, OneResult, Resource
from docrail.client.route import Route, list_all
from docrail.client.values.pages import Everything, Page
from docrail.client.values.specs import Policy
from docrail.client.values.value import Json

PATH = "/v1/data-policies"
ONE = f"{PATH}/{{policy_id}}"
SAVE = Route("POST", PATH, Policy)
LIST = Route("GET", PATH, Page[Policy])
GET = Route("GET", ONE, Policy)
VERSIONS = Route("GET", f"{ONE}/versions", Everything[Policy])
RULES = Route("GET", f"{ONE}/rules", Everything[Json])
ADD_RULES = Route("POST", f"{ONE}/rules", Policy)
REPLACE_RULES = Route("PUT", f"{ONE}/rules", Policy)


class Policies(Resource[Link]):
    """Data policies. A rule is a dict as in the spec file."""

    @OneResult
    def save(self, name: str, rules: Sequence[Json], *, active: bool = True) -> Steps[Policy]:
        """Keep a policy; the same content under the same name is the same version."""
        return SAVE.ask(json={"name": name, "rules": rules, "active": active})

    @ManyResults
    def list(self) -> Items[Policy]:
        """Data policies in their newest version, those of specs too."""
        return list_all(LIST)

    @OneResult
    def get(self, policy_id: str, *, version: int | None = None) -> Steps[Policy]:
        """One policy; the newest version unless told."""
        return GET.ask(policy_id, params={"version": version})

    @OneResult
    def versions(self, policy_id: str) -> Steps[tuple[Policy, ...]]:
        """Every version of a policy, newest first."""
        return (yield from VERSIONS.ask(policy_id)).data

    @OneResult
    def rules(self, policy_id: str) -> Steps[tuple[Json, ...]]:
        """The rules of the newest version."""
        return (yield from RULES.ask(policy_id)).data

    @OneResult
    def add_rules(self, policy_id: str, rules: Sequence[Json]) -> Steps[Policy]:
        """Add rules: the next version."""
        return ADD_RULES.ask(policy_id, json={"rules": rules})

    @OneResult
    def replace_rules(self, policy_id: str, rules: Sequence[Json]) -> Steps[Policy]:
        """Take other rules: the next version."""
        return REPLACE_RULES.ask(policy_id, json={"rules": rules})
