"""A spec that arrives as text, without a folder: nothing beside it is ever read."""

from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput, Problem
from docrail.core.plan import compile_rail
from docrail.core.spec_file import SpecFile, read_spec
from docrail.store.specs import StoredSpec
from docrail.usecases.spec_versions import save_spec


def save_spec_text(program: Program, text: str, *, origin: str = "spec") -> StoredSpec:
    """Keep the spec that YAML or JSON text holds. Raises InvalidInput with every problem, each with its line."""
    file = read_spec(text, origin=origin)
    problems = (*file.problems, *_rail_problems(file))
    if problems or file.spec is None:
        count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise InvalidInput(f"the {origin} has {count}", problems)
    return save_spec(program, file.spec)


def _rail_problems(file: SpecFile) -> tuple[Problem, ...]:
    if file.spec is None:
        return ()
    try:
        compile_rail(file.spec)
    except InvalidInput as error:
        return file.at_lines(error.problems)
    return ()
