"""Takes files in before a run, and says which were the same, known or refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from docrail.bootstrap import Program
from docrail.cli.leaving import leaving_when_asked
from docrail.cli.live import counted
from docrail.cli.problems import error_console
from docrail.usecases.documents import Admission, add_paths

NAMED = 15
"""So many files of one sort are named; of more, only how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The documents of the files given, each once, and how many files were refused."""

    document_ids: tuple[str, ...]
    refused: int


def take_files(program: Program, files: Sequence[Path]) -> Intake:
    """Keep the files, counting on the screen, and report to standard error what is not as one would expect."""
    with leaving_when_asked("No run was started; the files taken so far are kept."):
        admissions = list(_counting(add_paths(program, files), total=len(files)))
    given = list(zip(files, admissions, strict=True))
    refused = [f"{path}: {each.reason}" for path, each in given if each.document is None]
    _say(refused, "refused", style="red")
    _say(_repeated(given), "the same as another file, taken once")
    _say(_renamed(given), "known by another name")
    ids = dict.fromkeys(each.document.id for each in admissions if each.document)
    return Intake(document_ids=tuple(ids), refused=len(refused))


def _counting(admissions: Iterator[Admission], *, total: int) -> Iterator[Admission]:
    with error_console().status("") as status:
        for n, each in enumerate(admissions, start=1):
            status.update(f"Taking files in: {n:,} of {total:,}")
            yield each


def _repeated(given: Sequence[tuple[Path, Admission]]) -> list[str]:
    first: dict[str, Path] = {}
    return [
        f"{path} is {before}"
        for path, each in given
        if each.document and (before := first.setdefault(each.document.id, path)) is not path
    ]


def _renamed(given: Sequence[tuple[Path, Admission]]) -> list[str]:
    """Files whose bytes came under another name before this run: the table names the document by that one."""
    here = {each.document.id for path, each in given if each.document and path.name == each.document.filename}
    return [
        f"{path} is {each.document.filename}"
        for path, each in given
        if each.document and each.document.id not in here
    ]


def _say(lines: Sequence[str], what: str, *, style: str = "") -> None:
    if not lines:
        return
    console = error_console()
    console.print(f"{counted(len(lines), 'file')} {what}:", style=style, highlight=False)
    for line in lines[:NAMED]:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    if len(lines) > NAMED:
        console.print(f"  … and {len(lines) - NAMED:,} more", style="dim", highlight=False)
