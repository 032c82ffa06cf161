"""What is said when something cannot be done, and the exit codes.

0 every document completed · 1 the run failed or was cancelled · 2 wrong usage · 3 some documents failed
"""

from rich.console import Console

from docrail.core.errors import Conflict, DocrailError, InvalidInput, NotFound, Problem

COMPLETED, FAILED, WRONG_USAGE, SOME_FAILED = 0, 1, 2, 3


def show_problem(error: DocrailError) -> int:
    """Print an error to standard error with every reason it has; the exit code it stands for."""
    problems = error.problems if isinstance(error, InvalidInput) else ()
    console = error_console()
    console.print(f"[red]error:[/red] {_escaped(error.message)}", soft_wrap=True, highlight=False)
    show_reasons(problems)
    return WRONG_USAGE if isinstance(error, InvalidInput | NotFound | Conflict) else FAILED


def show_reasons(problems: tuple[Problem, ...], *, origin: str = "") -> None:
    """Print one line a problem to standard error; with `origin`, as `file:line: where: what`."""
    for problem in problems:
        line = f":{problem.line}" if problem.line else ""
        place = f"{problem.path}: " if problem.path else ""
        text = f"{origin}{line}: {place}{problem.message}" if origin else f"  {problem}"
        error_console().print(text, markup=False, soft_wrap=True, highlight=False)


def error_console() -> Console:
    """Standard error, for people."""
    return Console(stderr=True)


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
