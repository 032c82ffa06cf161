"""Data policies as things of their own: kept in versions, and put into the specs that name them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Value
from docrail.core.policy_check import check_shape
from docrail.core.spec import Policy, Spec, Stage
from docrail.store import data_policies as store
from docrail.store.data_policies import StoredPolicy
from docrail.store.ids import now_ms
from docrail.usecases.audit import note

KEYS = ("policies", "policy_ids")


def save_policy(
    program: Program, name: str, rules: Sequence[Mapping[str, Value]], *, active: bool = True
) -> StoredPolicy:
    """Keep a policy; the same content is the same version. Its fields are checked with the spec that uses it.

    Raises InvalidInput with every problem of the rules at once.
    """
    policy = Policy(name=name, rules=tuple(rules), active=active)
    problems = (
        check_shape(policy, path="") if rules else (Problem(path="rules", message="write at least one"),)
    )
    problems = (*problems, *([] if name.strip() else [Problem(path="name", message="must not be empty")]))
    if problems:
        raise InvalidInput(f"the policy cannot be used: {problems[0]}", tuple(problems))
    with program.database.writing() as connection:
        return _keep(program, connection, policy)


def _keep(program: Program, connection: Connection, policy: Policy) -> StoredPolicy:
    content = json.dumps(
        {"active": policy.active, "rules": [dict(rule) for rule in policy.rules]},
        sort_keys=True,
        ensure_ascii=False,
    )
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    stored, is_new = store.add_policy(
        connection,
        workspace_id=program.workspace,
        name=policy.name,
        digest=digest,
        content=content,
        at=now_ms(),
    )
    if is_new:
        said: dict[str, Any] = {"name": stored.name, "version": stored.version, "digest": digest}
        note(program, connection, "policy.saved", stored.id, **said)
    return stored


def change_rules(
    program: Program, policy_id: str, rules: Sequence[Mapping[str, Value]], *, add: bool
) -> StoredPolicy:
    """The policy with other rules, or with more of them, as its next version. Raises NotFound, InvalidInput."""
    policy = read_content(get_policy(program, policy_id))
    every = (*policy.rules, *rules) if add else tuple(rules)
    return save_policy(program, policy.name, every, active=policy.active)


def get_policy(program: Program, policy_id: str, *, version: int | None = None) -> StoredPolicy:
    """A version of a policy, the newest unless told. Raises NotFound."""
    with program.database.reading() as connection:
        return store.read_policy(connection, policy_id, workspace_id=program.workspace, version=version)


def list_policy_versions(program: Program, policy_id: str) -> list[StoredPolicy]:
    """Every version, newest first. Raises NotFound."""
    get_policy(program, policy_id)
    with program.database.reading() as connection:
        return store.list_versions(connection, policy_id, workspace_id=program.workspace)


def list_policies(
    program: Program, *, limit: int = 20, after: str | None = None
) -> tuple[list[StoredPolicy], int]:
    """One page of policies in their newest version, newest policy first, and how many there are."""
    with program.database.reading() as connection:
        return store.list_policies(connection, workspace_id=program.workspace, limit=limit, before=after)


def read_content(stored: StoredPolicy) -> Policy:
    """The policy of a version."""
    body = json.loads(stored.content)
    return Policy(name=stored.name, rules=tuple(body["rules"]), active=body["active"])


def with_stored_policies(program: Program, spec: Spec) -> Spec:
    """The spec with every policy in it that its rail names, by name or id, and that it does not have itself.

    So a spec is frozen with the version that was the newest when it was saved.
    """
    own = {policy.name for policy in spec.policies}
    wanted = [name for stage in spec.rail for name in _named(stage) if name not in own]
    if not wanted:
        return spec
    with program.database.reading() as connection:
        found = store.find_policies(connection, wanted, workspace_id=program.workspace)
    added = {stored.name: read_content(stored) for stored in found.values() if stored.name not in own}
    names = {key: stored.name for key, stored in found.items()}
    rail = tuple(_renamed(stage, names) for stage in spec.rail)
    return replace(spec, policies=(*spec.policies, *added.values()), rail=rail)


def keep_policies(program: Program, connection: Connection, spec: Spec) -> None:
    """Keep the policies that a spec brings with it, so that they can be seen and used alone."""
    for policy in spec.policies:
        _keep(program, connection, policy)


def _named(stage: Stage) -> list[str]:
    options = stage.json or {}
    named = [options[key] for key in KEYS if stage.type == "resolve" and key in options]
    return [
        name for names in named if isinstance(names, list | tuple) for name in names if isinstance(name, str)
    ]


def _renamed(stage: Stage, names: Mapping[str, str]) -> Stage:
    if not stage.json or not _named(stage):
        return stage
    changed: dict[str, Value] = {}
    for key in KEYS:
        listed = stage.json.get(key)
        if isinstance(listed, list | tuple):
            changed[key] = [names.get(name, name) if isinstance(name, str) else name for name in listed]
    return replace(stage, json={**stage.json, **changed})
