"""What an assembly stage may say, and everything that is wrong with what one says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from docrail.core.errors import Problem
from docrail.core.model import Value
from docrail.core.spec import Field, FieldType
from docrail.core.spec_path import suggest

_NAMES = ("grouping_field", "anchor_field", "order_field")
_LISTS = ("override_fields", "keep_fields")
_KEYS = (*_NAMES, *_LISTS, "anchor_value")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssemblyConfig:
    """How documents are put together: by `grouping_field`; without one, every document is a group of its own.

    The anchor is the document whose `anchor_field` equals `anchor_value` (is filled, without one); without an
    `anchor_field`, the earliest by `order_field`. Later documents override `override_fields` and only fill what is
    empty of the others; `keep_fields` are always the anchor's.
    """

    grouping_field: str | None = None
    anchor_field: str | None = None
    anchor_value: Value = None
    order_field: str | None = None
    override_fields: frozenset[str] = frozenset()
    keep_fields: frozenset[str] = frozenset()

    @property
    def from_anchor(self) -> frozenset[str]:
        """The fields that other documents neither fill nor contradict: they differ by nature."""
        own = {self.grouping_field, self.anchor_field, self.order_field}
        return self.keep_fields | {name for name in own if name and name not in self.override_fields}


def read_assembly(config: Mapping[str, Value]) -> AssemblyConfig:
    """The config of a checked assembly stage."""
    names = {key: config[key] for key in _NAMES if isinstance(config.get(key), str)}
    grouping, anchor, order = (names.get(key) for key in ("grouping_field", "anchor_field", "order_field"))
    return AssemblyConfig(
        grouping_field=str(grouping) if grouping else None,
        anchor_field=str(anchor) if anchor else None,
        anchor_value=config.get("anchor_value"),
        order_field=str(order) if order else None,
        override_fields=frozenset(str(name) for name in _listed(config.get("override_fields"))),
        keep_fields=frozenset(str(name) for name in _listed(config.get("keep_fields"))),
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
