"""Data policies: check one with `check_policy`, apply one with `apply_policy`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from docrail.core.model import Issue, Value
from docrail.core.outcome import Outcome
from docrail.core.policy_check import check_policy
from docrail.core.rule import Rule, read_rule
from docrail.core.rule_apply import apply_rule
from docrail.core.rule_order import order_rules
from docrail.core.spec import Field, Policy

__all__ = ["Applied", "Change", "apply_policy", "check_policy", "order_rules", "read_rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One rule changed one field, or only what is thought of it (`before` equals `after`).

    `note` says how a value was matched. What was redacted has no `before`.
    """

    field: str
    before: Value
    after: Value
    confidence: float
    rule: str
    reads: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a policy did, in the order in which it did it."""

    changes: tuple[Change, ...]
    issues: tuple[Issue, ...]


def read_rules(policy: Policy, fields: Sequence[Field]) -> tuple[Rule, ...]:
    """The rules of a checked policy in the order in which they apply.

    Raises InvalidInput for a policy that was not checked.
    """
    return order_rules(read_rule(raw, fields, number=number) for number, raw in enumerate(policy.rules))


def apply_policy(
    rules: Sequence[Rule],
    values: Mapping[str, Value],
    *,
    confidences: Mapping[str, float],
    settled: Collection[str] = (),
    held: Collection[str] = (),
) -> Applied:
    """What `rules` (from `read_rules`) change; `values` stays as it is.

    Fields that are `settled` by a person are read and never changed. What is `held` fills no other field.

    >>> fields = [Field(name="country")]
    >>> policy = Policy(name="names", rules=({"map": {"D": "DE"}, "field": "country"},))
    >>> applied = apply_policy(read_rules(policy, fields), {"country": "d"}, confidences={"country": 0.9})
    >>> [(change.before, change.after, change.confidence) for change in applied.changes]
    [('d', 'DE', 0.9)]
    """
    now, trust = dict(values), dict(confidences)
    changes: list[Change] = []
    issues: list[Issue] = []
    for rule in rules:
        waiting = sorted(rule.reads & set(held))
        if waiting and rule.field.name not in settled:
            issues.append(_waits(rule, waiting))
        if waiting or rule.field.name in settled:
            continue
        outcome = apply_rule(rule, now)
        issues.extend([outcome.issue] if outcome.issue else [])
        before, confidence = now.get(rule.field.name), _trust(rule, now, trust) * outcome.trust
        changed = before != outcome.value or type(before) is not type(outcome.value)
        if not changed and outcome.trust == 1.0:
            continue
        now[rule.field.name], trust[rule.field.name] = outcome.value, confidence
        changes.append(_change(rule, before, outcome, confidence))
    return Applied(changes=tuple(changes), issues=tuple(issues))


def _change(rule: Rule, before: Value, outcome: Outcome, confidence: float) -> Change:
    return Change(
        field=rule.field.name,
        before=None if rule.kind == "redact" else before,
        after=outcome.value,
        confidence=round(confidence, 6),
        rule=rule.kind,
        reads=tuple(sorted(rule.reads)),
        note=outcome.note,
    )


def _trust(rule: Rule, values: Mapping[str, Value], trust: Mapping[str, float]) -> float:
    """The confidence in what the rule worked with: the least of them all; 1 when it read nothing."""
    sources = (
        [rule.field.name] if rule.in_place else [name for name in rule.reads if values.get(name) is not None]
    )
    return min((trust.get(name, 1.0) for name in sources), default=1.0)


def _waits(rule: Rule, waiting: Sequence[str]) -> Issue:
    names = ", ".join(f"'{name}'" for name in waiting)
    message = f"'{rule.field.name}' is not filled by {rule.kind}: {names} waits for a decision"
    return Issue(code="held_input", message=message)
