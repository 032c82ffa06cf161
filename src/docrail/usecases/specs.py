"""Load a spec from a file or from a Pydantic model, and say everything that is wrong with it."""

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Value
from docrail.core.plan import compile_rail
from docrail.core.spec import Policy, Spec
from docrail.core.spec_build import spec_digest, spec_to_document
from docrail.core.spec_file import SchemaModel, SpecFile, read_spec, spec_from_model
from docrail.core.spec_path import suggest
from docrail.core.spec_yaml import MAX_BYTES
from docrail.store.reference_tables import read_sql_table

__all__ = ["check_spec", "load_spec", "spec_digest", "spec_to_document"]

MAX_TABLE_BYTES = 5_000_000
SUFFIXES = (".yaml", ".yml", ".json")

_MODEL = re.compile(r"(?P<place>.+):(?P<name>[A-Za-z_]\w*)")


def load_spec(source: Path | str) -> Spec:
    """The spec in a file (`.yaml`, `.yml`, `.json`), or of a model: `orders.py:Order`, `shop.orders:Order`.

    Look-up tables that its rules name are read into the rules. Raises InvalidInput with every problem of
    the text at once; what the rail needs is left to `compile_rail`.
    """
    file = _read(source)
    if file.problems or file.spec is None:
        raise InvalidInput(f"{file.origin} has {_count(file.problems)}", file.problems)
    return file.spec


def check_spec(source: Path | str) -> tuple[Spec | None, tuple[Problem, ...]]:
    """The spec, and every problem of its text and its rail, with lines; the spec is None if it has any."""
    try:
        file = _read(source)
    except InvalidInput as error:
        return None, error.problems or (Problem(path="", message=error.message),)
    problems = (*file.problems, *_without_twins(_rail_problems(file), file.problems))
    return (None, tuple(sorted(problems, key=lambda one: one.line or 0))) if problems else (file.spec, ())


def _rail_problems(file: SpecFile) -> tuple[Problem, ...]:
    if file.spec is None:
        return ()
    try:
        compile_rail(file.spec)
    except InvalidInput as error:
        return file.at_lines(error.problems)
    return ()


def _without_twins(problems: Iterable[Problem], known: Iterable[Problem]) -> Iterator[Problem]:
    """The problems that do not follow from a table that could not be read."""
    broken = {one.path.removesuffix(".table") for one in known if one.path.endswith(".table")}
    return (one for one in problems if one.path not in broken)


def _read(source: Path | str) -> SpecFile:
    found = _MODEL.fullmatch(str(source))
    if found and not Path(source).exists():
        spec = spec_from_model(_import_model(found["place"], found["name"]))
        return SpecFile(origin=str(source), spec=spec, problems=())
    path = Path(source)
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidInput(f"{path} is no spec file: its name must end in {', '.join(SUFFIXES)}")
    return _with_tables(read_spec(_read_text(path, limit=MAX_BYTES), origin=str(source)), path.parent)


def _read_text(path: Path, *, limit: int) -> str:
    try:
        if path.stat().st_size > limit:
            raise InvalidInput(f"{path} is larger than {limit:,} bytes")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}") from error


def _with_tables(file: SpecFile, folder: Path) -> SpecFile:
    """The file with the CSV text of each `table: name.csv` put into its rule as `csv`."""
    if file.spec is None:
        return file
    problems: list[Problem] = []
    policies = tuple(
        _policy_with_tables(policy, f"policies[{number}]", folder, problems)
        for number, policy in enumerate(file.spec.policies)
    )
    spec = replace(file.spec, policies=policies)
    return replace(file, spec=spec, problems=(*file.problems, *file.at_lines(problems)))


def _policy_with_tables(policy: Policy, path: str, folder: Path, problems: list[Problem]) -> Policy:
    rules = []
    for number, rule in enumerate(policy.rules):
        try:
            rules.append(_rule_with_table(rule, folder))
        except InvalidInput as error:
            rules.append(rule)
            problems.append(Problem(path=f"{path}.rules[{number}].table", message=error.message))
    return replace(policy, rules=tuple(rules))


def _rule_with_table(rule: Mapping[str, Value], folder: Path) -> Mapping[str, Value]:
    """The rule with its table read; it names one beside `rule: lookup` or within `lookup: {…}`."""
    table = rule.get("table")
    if isinstance(table, str) and "csv" not in rule:
        return {**rule, "csv": _read_table(table, folder, query=rule.get("query"))}
    for kind in ("lookup", "currency"):
        body = rule.get(kind)
        if isinstance(body, Mapping) and "table" in body:
            return {**rule, kind: _rule_with_table(body, folder)}
    return rule


def _read_table(table: str, folder: Path, *, query: Value) -> str:
    """The text of a CSV file, or what `query` gives of a SQLite file."""
    path = (folder / table).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InvalidInput(f"'{table}' is outside the folder of the spec; copy the table next to it")
    if not path.is_file():
        near = suggest(table, (entry.name for entry in folder.glob("*.csv")))
        raise InvalidInput(f"no file '{table}' in the folder of the spec{near}")
    if isinstance(query, str):
        return read_sql_table(path, query)
    return _read_text(path, limit=MAX_TABLE_BYTES)


def _import_model(place: str, name: str) -> SchemaModel:
    module = _import_file(Path(place)) if place.endswith(".py") else _import_module(place)
    models = {key: value for key, value in vars(module).items() if hasattr(value, "model_json_schema")}
    if name in models:
        model: SchemaModel = models[name]
        return model
    raise InvalidInput(f"{place} has no Pydantic model '{name}'{suggest(name, models)}")


def _import_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docrail_model_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise InvalidInput(f"no file '{path}'")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # Pydantic looks a model's annotations up in its module
    with _import_problems(str(path)):
        spec.loader.exec_module(module)
    return module


def _import_module(name: str) -> ModuleType:
    """A module that Python finds from here; a console script does not have the current folder on its path."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        with _import_problems(name):
            return importlib.import_module(name)
    finally:
        sys.path.pop(0)


@contextmanager
def _import_problems(place: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise InvalidInput(f"{place} cannot be imported: {type(error).__name__}: {error}") from error


def _count(problems: tuple[Problem, ...]) -> str:
    return "one problem" if len(problems) == 1 else f"{len(problems)} problems"
