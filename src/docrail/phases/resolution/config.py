"""Read the policy that a plan froze for a resolution phase."""

from collections.abc import Mapping

from docrail.core.errors import InvalidInput
from docrail.core.model import Value
from docrail.core.spec import Policy


def read_policy(config: Mapping[str, Value]) -> Policy:
    """The policy of a phase's config.

    Raises InvalidInput when there is none.
    """
    body = config.get("policy")
    rules = body.get("rules") if isinstance(body, Mapping) else None
    if not isinstance(body, Mapping) or not isinstance(rules, list | tuple):
        raise InvalidInput("a resolution phase needs a policy with rules in its config")
    kept = tuple(rule for rule in rules if isinstance(rule, Mapping))
    return Policy(name=str(body.get("name")), rules=kept)
