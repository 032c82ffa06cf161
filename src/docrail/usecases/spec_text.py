"""A spec that arrives as text, without a folder: nothing beside it is ever read."""

from dataclasses import replace

from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput, Problem
from docrail.core.plan import compile_rail
from docrail.core.spec import Spec
from docrail.core.spec_file import SpecFile, read_spec
from docrail.store.specs import StoredSpec
from docrail.usecases.data_policies import with_stored_policies
from docrail.usecases.spec_versions import save_spec


def save_spec_text(program: Program, text: str, *, origin: str = "spec") -> StoredSpec:
    """Keep the spec that YAML or JSON text holds. Raises InvalidInput with every problem, each with its line."""
    return save_spec(program, check_spec_text(text, origin=origin, program=program))


def check_spec_text(text: str, *, origin: str = "spec", program: Program | None = None) -> Spec:
    """The spec that YAML or JSON text holds, with a rail that compiles; with a program, it may name its data policies.

    Raises InvalidInput with every problem.
    """
    file = read_spec(text, origin=origin)
    if program is not None and file.spec is not None:
        file = replace(file, spec=with_stored_policies(program, file.spec))
    problems = (*file.problems, *_rail_problems(file))
    if problems or file.spec is None:
        count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise InvalidInput(f"the {origin} has {count}", problems)
    return file.spec


def _rail_problems(file: SpecFile) -> tuple[Problem, ...]:
    """What the rail needs; of a rule whose table is a file, only that a file cannot be read."""
    if file.spec is None:
        return ()
    tables = _file_tables(file.spec)
    try:
        compile_rail(file.spec)
    except InvalidInput as error:
        others = [problem for problem in error.problems if problem.path not in tables]
        return file.at_lines((*tables.values(), *others))
    return ()


def _file_tables(spec: Spec) -> dict[str, Problem]:
    """A problem for each rule, by its path, that names a file instead of holding its text."""
    found = {}
    for place, policy in enumerate(spec.policies):
        for number, rule in enumerate(policy.rules):
            if "table" in rule and "csv" not in rule:
                path = f"policies[{place}].rules[{number}]"
                message = f"there is no folder to read '{rule['table']}' from; put its text into `csv`"
                found[path] = Problem(path=f"{path}.table", message=message)
    return found
