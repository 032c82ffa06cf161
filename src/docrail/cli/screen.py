"""Where progress is shown: a picture that changes on a terminal, a line now and then everywhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.live import Live

from docrail.bootstrap import Program
from docrail.cli.live import describe, draw
from docrail.core.progress import Progress
from docrail.usecases.documents import get_document

Show: TypeAlias = Callable[[Progress], None]
BETWEEN_LINES = 1.0


@contextmanager
def progress_screen(
    console: Console,
    *,
    title: str,
    file_name: Callable[[str], str],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Show]:
    """A place to show a run's progress on, as often as one likes."""
    if not console.is_terminal:
        yield _Lines(console, clock).show
        return
    with Live(console=console, auto_refresh=False, transient=False) as live:

        def show(progress: Progress) -> None:
            picture = draw(
                progress,
                title=title,
                file_name=file_name,
                seconds=elapsed(progress),
                width=console.width,
            )
            live.update(picture, refresh=True)

        yield show


def file_names(program: Program) -> Callable[[str], str]:
    """The file name of a document by its id, looked up once."""
    known: dict[str, str] = {}

    def file_name(document_id: str) -> str:
        if document_id not in known:
            known[document_id] = get_document(program, document_id).filename
        return known[document_id]

    return file_name


def elapsed(progress: Progress) -> float:
    """Seconds since the run started, up to its end."""
    until = progress.finished_at if progress.finished_at is not None else time.time() * 1000
    return max(0.0, (until - progress.started_at) / 1000)


class _Lines:
    """A line whenever something changed, at most one a second, and always the last one."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console = console
        self._clock = clock
        self._shown: tuple[int, int] | None = None
        self._next = 0.0

    def show(self, progress: Progress) -> None:
        state = (progress.generation, progress.revision)
        due = self._clock() >= self._next or progress.status.terminal
        if state == self._shown or not due:
            return
        self._shown, self._next = state, self._clock() + BETWEEN_LINES
        line = describe(progress, seconds=elapsed(progress))
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
