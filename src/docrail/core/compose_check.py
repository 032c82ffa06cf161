"""What an assembly stage may say, and everything that is wrong with what one says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from docrail.core.compose_match import Match
from docrail.core.errors import Problem
from docrail.core.model import Severity, Value
from docrail.core.spec import Field, FieldType
from docrail.core.spec_path import suggest

_NAMES = ("grouping_field", "anchor_field", "order_field", "signed_field", "role_field")
_LISTS = ("override_fields", "keep_fields", "unique")
_KEYS = (*_NAMES, *_LISTS, "anchor_value", "group_threshold", "match")
_MATCH_KEYS = ("field", "across", "within", "optional", "severity")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssemblyConfig:
    """How documents are put together: by `grouping_field`; without one, every document is a group of its own.

    The anchor is the document whose `anchor_field` equals `anchor_value` (is filled, without one); without an
    `anchor_field`, the earliest by `order_field`. Later documents override `override_fields` and only fill what is
    empty of the others; `keep_fields` are always the anchor's.
    Of the later documents only those count whose `signed_field` is true or filled. Grouping values that are alike by
    `group_threshold` (0..1) are one. Values of `unique` stand but once in the run; `match` is compared between
    documents of different `role_field`.
    """

    grouping_field: str | None = None
    anchor_field: str | None = None
    anchor_value: Value = None
    order_field: str | None = None
    override_fields: frozenset[str] = frozenset()
    keep_fields: frozenset[str] = frozenset()
    signed_field: str | None = None
    role_field: str | None = None
    group_threshold: float = 1.0
    unique: tuple[str, ...] = ()
    match: tuple[Match, ...] = ()

    @property
    def from_anchor(self) -> frozenset[str]:
        """The fields that other documents neither fill nor contradict: they differ by nature."""
        own = {
            self.grouping_field,
            self.anchor_field,
            self.order_field,
            self.signed_field,
            self.role_field,
            *self.unique,
        }
        return self.keep_fields | {name for name in own if name and name not in self.override_fields}


def read_assembly(config: Mapping[str, Value]) -> AssemblyConfig:
    """The config of a checked assembly stage."""
    names = {key: config[key] for key in _NAMES if isinstance(config.get(key), str)}
    grouping, anchor, order, signed, role = (names.get(key) for key in _NAMES)
    threshold = config.get("group_threshold", 1.0)
    return AssemblyConfig(
        grouping_field=str(grouping) if grouping else None,
        anchor_field=str(anchor) if anchor else None,
        anchor_value=config.get("anchor_value"),
        order_field=str(order) if order else None,
        override_fields=frozenset(str(name) for name in _listed(config.get("override_fields"))),
        keep_fields=frozenset(str(name) for name in _listed(config.get("keep_fields"))),
        signed_field=str(signed) if signed else None,
        role_field=str(role) if role else None,
        group_threshold=float(threshold) if isinstance(threshold, int | float) else 1.0,
        unique=tuple(str(name) for name in _listed(config.get("unique"))),
        match=tuple(_read_match(each) for each in _listed(config.get("match")) if isinstance(each, Mapping)),
    )


def _read_match(raw: Mapping[str, Value]) -> Match:
    within = raw.get("within", 0.0)
    return Match(
        field=str(raw.get("field")),
        across=tuple(str(role) for role in _listed(raw.get("across"))),
        within=float(within) if isinstance(within, int | float) else 0.0,
        optional=frozenset(str(role) for role in _listed(raw.get("optional"))),
        severity=Severity(str(raw.get("severity") or Severity.BLOCKING)),
    )


def check_assembly(config: Mapping[str, Value], fields: Sequence[Field], *, path: str) -> tuple[Problem, ...]:
    """Every problem of an assembly's `config`, each with its path below `path`.

    >>> print(*check_assembly({"grouping_field": "contrat"}, [Field(name="contract")], path="rail[3].json"))
    rail[3].json.grouping_field: no field 'contrat'; did you mean 'contract'?
    """
    return tuple(_check(config, fields, path))


def _check(config: Mapping[str, Value], fields: Sequence[Field], path: str) -> Iterator[Problem]:
    for key in sorted(str(key) for key in config.keys() - set(_KEYS)):
        yield Problem(path=f"{path}.{key}", message=f"assembly has no '{key}'{suggest(key, _KEYS)}")
    if config.get("anchor_value") is not None and config.get("anchor_field") is None:
        yield Problem(path=f"{path}.anchor_value", message="'anchor_value' needs 'anchor_field'")
    for key in _NAMES:
        if config.get(key) is not None:
            yield from _check_field(config[key], fields, f"{path}.{key}")
    for key in _LISTS:
        if config.get(key) is not None:
            yield from _check_list(config[key], fields, f"{path}.{key}")
    yield from _check_matches(config, fields, path)
    for name in sorted(
        set(_listed_names(config, "override_fields")) & set(_listed_names(config, "keep_fields"))
    ):
        yield Problem(path=f"{path}.keep_fields", message=f"'{name}' is overridden and kept: choose one")


def _check_field(name: Value, fields: Sequence[Field], path: str) -> Iterator[Problem]:
    found = next((field for field in fields if field.name == name), None)
    if found is None:
        known = [field.name for field in fields]
        yield Problem(path=path, message=f"no field '{name}'{suggest(str(name), known)}")
    elif found.type in {FieldType.ARRAY, FieldType.OBJECT} and not path.endswith("]"):
        message = f"'{name}' is of type {found.type}: documents cannot be compared by it"
        yield Problem(path=path, message=message)


def _check_matches(config: Mapping[str, Value], fields: Sequence[Field], path: str) -> Iterator[Problem]:
    threshold, matches = config.get("group_threshold", 1), config.get("match", ())
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0.5 <= threshold <= 1:
        yield Problem(path=f"{path}.group_threshold", message="a number from 0.5 to 1, such as 0.9")
    if isinstance(matches, str) or not isinstance(matches, Sequence):
        yield Problem(
            path=f"{path}.match", message="a list such as [{field: total, across: [order, invoice]}]"
        )
        return
    if matches and config.get("role_field") is None:
        yield Problem(
            path=f"{path}.match", message="'match' needs 'role_field': what kind of document each one is"
        )
    for number, raw in enumerate(matches):
        yield from _check_match(raw, fields, f"{path}.match[{number}]")


def _check_match(raw: Value, fields: Sequence[Field], path: str) -> Iterator[Problem]:
    if not isinstance(raw, Mapping):
        yield Problem(path=path, message="write {field: total, across: [order, invoice]}")
        return
    for key in sorted(str(key) for key in raw.keys() - set(_MATCH_KEYS)):
        yield Problem(path=f"{path}.{key}", message=f"match has no '{key}'{suggest(key, _MATCH_KEYS)}")
    yield from _check_field(raw.get("field"), fields, f"{path}.field")
    across, within = _listed(raw.get("across")), raw.get("within", 0)
    if len(across) < 2:
        yield Problem(path=f"{path}.across", message="name at least two values of 'role_field' to compare")
    for role in _listed(raw.get("optional")):
        if role not in across:
            yield Problem(path=f"{path}.optional", message=f"'{role}' is not among those of 'across'")
    if isinstance(within, bool) or not isinstance(within, int | float) or within < 0:
        yield Problem(path=f"{path}.within", message="a number from 0: how far two amounts may be apart")
    if raw.get("severity", "blocking") not in tuple(Severity):
        yield Problem(path=f"{path}.severity", message="info, warning or blocking")


def _check_list(names: Value, fields: Sequence[Field], path: str) -> Iterator[Problem]:
    if isinstance(names, str) or not isinstance(names, Sequence):
        yield Problem(path=path, message="must be a list of names of fields")
        return
    for number, name in enumerate(names):
        yield from _check_field(name, fields, f"{path}[{number}]")


def _listed(value: Value) -> tuple[Value, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


def _listed_names(config: Mapping[str, Value], key: str) -> list[str]:
    return [str(name) for name in _listed(config.get(key))]
