"""Takes files in before a run, and says which were the same, known or refused."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from docrail.bootstrap import Program
from docrail.cli.leaving import leaving_when_asked
from docrail.cli.live import counted
from docrail.cli.problems import error_console
from docrail.usecases.intake import Admission, add_paths

NO_RUN = "No run was started; the files taken so far are kept."
BETWEEN_LINES = 2.0
NAMED = 15
"""So many files of one sort are named; of more, only how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The documents of the files given and of what was in them, each once; how many files there were, and how many of
    them were refused that somebody may miss."""

    document_ids: tuple[str, ...]
    files: int
    refused: int


def take_files(
    program: Program, files: Sequence[Path], *, batch_id: str | None = None, advice: str = NO_RUN
) -> Intake:
    """Keep the files, counting on the screen, and report to standard error what is not as one would expect."""
    report = _Report()
    with leaving_when_asked(advice):
        for each in _counting(add_paths(program, files, batch_id=batch_id), total=len(files)):
            report.note(each)
    report.show()
    return Intake(document_ids=tuple(report.first), files=report.files, refused=report.refused.count)


class _Lines:
    """Lines of one sort: the first few, and how many there are."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.count = 0

    def add(self, line: str) -> None:
        self.count += 1
        if len(self.kept) < NAMED:
            self.kept.append(line)


class _Report:
    """What there is to say of files taken in, however many they are. `first` has the first file of each document."""

    def __init__(self) -> None:
        self.first: dict[str, str] = {}
        self.files = 0
        self.refused, self._ignored, self._repeated, self._unpacked = _Lines(), _Lines(), _Lines(), _Lines()
        self._renamed: dict[str, str] = {}

    def note(self, each: Admission) -> None:
        """One more file."""
        self.files += 1
        if each.document is None:
            (self.refused if each.is_loss else self._ignored).add(f"{each.origin}: {each.reason}")
            return
        before = self.first.setdefault(each.document.id, each.origin)
        if each.parent_id is not None:
            self._unpacked.add(each.origin)
        if before != each.origin:
            self._repeated.add(f"{each.origin} is {before}")
        if each.filename == each.document.filename:
            self._renamed.pop(each.document.id, None)
        elif before == each.origin:
            self._renamed[each.document.id] = f"{each.origin} is {each.document.filename}"

    def show(self) -> None:
        """Say it."""
        _say(self.refused, "refused", style="red")
        _say(self._ignored, "left out")
        _say(self._unpacked, "unpacked")
        _say(self._repeated, "the same as another file, taken once")
        renamed = _Lines()
        for line in self._renamed.values():
            renamed.add(line)
        _say(renamed, "known by another name")


def _counting(admissions: Iterator[Admission], *, total: int) -> Iterator[Admission]:
    """The same, with a line that counts: on a terminal in place, elsewhere a new one now and then."""
    console, given, shown = error_console(), 0, time.monotonic()
    with console.status("") as status:
        for each in admissions:
            yield each
            given += each.parent_id is None
            line = f"Taking files in: {min(given, total):,} of {total:,}"
            status.update(line)
            if not console.is_terminal and time.monotonic() - shown >= BETWEEN_LINES:
                shown = time.monotonic()
                console.print(line, highlight=False)


def _say(lines: _Lines, what: str, *, style: str = "") -> None:
    if not lines.count:
        return
    console = error_console()
    console.print(f"{counted(lines.count, 'file')} {what}:", style=style, highlight=False)
    for line in lines.kept:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    if lines.count > len(lines.kept):
        console.print(f"  … and {lines.count - len(lines.kept):,} more", style="dim", highlight=False)
