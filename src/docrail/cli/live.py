"""Draws a run from one Progress value: a picture for a terminal, a line for everything else."""

from collections.abc import Callable, Sequence
from itertools import accumulate

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from docrail.core.progress import ErrorEntry, PhaseProgress, Progress, RunStatus

LATEST = 3
LONGEST_NAME, SHORTEST_BAR, LONGEST_BAR = 26, 8, 40
COUNTERS = (
    ("completed", "green"),
    ("running", "cyan"),
    ("pending", "bright_black"),
    ("errors", "red"),
    ("skipped", "dim"),
)
"""The counters of a row and the colour of each, in the order of a bar."""

STATUS_STYLE = {
    RunStatus.ACTIVE: "cyan",
    RunStatus.FINALIZING: "cyan",
    RunStatus.COMPLETED: "green",
    RunStatus.FAILED: "red",
    RunStatus.CANCELLED: "yellow",
}


def draw(
    progress: Progress, *, title: str, file_name: Callable[[str], str], seconds: float, width: int
) -> RenderableType:
    """The picture of a run after `seconds`, `width` columns wide: a bar a phase, the totals, the latest errors."""
    return Group(
        _heading(progress, title=title, seconds=seconds),
        _phases(progress, width=width),
        Text(totals(progress)),
        *_errors(progress, file_name),
    )


def describe(progress: Progress, *, seconds: float) -> str:
    """The same on one line; phases that nothing has reached yet are left out."""
    reached = [row for row in progress.phases if row.completed + row.running + row.errors]
    head = f"{clock(seconds)} {progress.status.value}"
    return " · ".join([head, totals(progress), *(_phase_words(row) for row in reached)])


def totals(progress: Progress) -> str:
    """What became of the documents so far, how fast, and how long it will take.

    Numbers that are zero are left out, but for the completed documents.
    """
    done = f"{progress.completed_documents:,} of {progress.total_documents:,} documents completed"
    parts = [f"{done} ({progress.partial_documents:,} partial)" if progress.partial_documents else done]
    if progress.error_documents:
        parts.append(counted(progress.error_documents, "error"))
    if progress.cancelled_documents:
        parts.append(f"{progress.cancelled_documents:,} cancelled")
    if progress.held_fields:
        parts.append(f"{counted(progress.held_fields, 'field')} held")
    if progress.documents_per_second is not None:
        parts.append(f"{progress.documents_per_second:,.1f} documents/s")
    if progress.eta is not None:
        parts.append(f"{_interval(progress.eta)} left")
    return " · ".join(parts)


def counted(n: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "error"), counted(2000, "file")
    ('1 error', '2,000 files')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def clock(seconds: float) -> str:
    """A time span as on a clock.

    >>> clock(7.9), clock(3725)
    ('0:07', '1:02:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def bar(row: PhaseProgress, *, total: int, width: int) -> Text:
    """A phase's counters as lengths of one bar; a counter that is not zero is seen."""
    lengths = _lengths([getattr(row, name) for name, _ in COUNTERS], total=total, width=width)
    text = Text()
    for (name, style), length in zip(COUNTERS, lengths, strict=True):
        text.append(("━" if name != "skipped" else "╌") * length, style=style)
    return text


def _lengths(counts: Sequence[int], *, total: int, width: int) -> list[int]:
    """Lengths that add up to `width` and differ from the exact ones by less than one cell, but that none is lost.

    >>> _lengths([1998, 1, 1, 0, 0], total=2000, width=10), _lengths([1, 1, 0, 0, 0], total=2, width=5)
    ([8, 1, 1, 0, 0], [3, 2, 0, 0, 0])
    """
    ends = [-(-end * width // total) if total else 0 for end in accumulate(counts)]
    lengths = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    for place, count in enumerate(counts):
        if count and not lengths[place]:
            longest = max(range(len(lengths)), key=lengths.__getitem__)
            lengths[longest] -= 1
            lengths[place] += 1
    return lengths


def _heading(progress: Progress, *, title: str, seconds: float) -> Table:
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(overflow="ellipsis", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    left = Text.assemble(
        (title, "bold"), "  ", (progress.status.value, STATUS_STYLE[progress.status]), overflow="ellipsis"
    )
    grid.add_row(left, Text(clock(seconds), style="dim"))
    return grid


def _phases(progress: Progress, *, width: int) -> Table:
    counters = [max(len(name), len(f"{progress.total_documents:,}")) for name, _ in COUNTERS]
    left = width - sum(counters) - len(counters) - 1
    name = min(max(len(row.name) for row in progress.phases), LONGEST_NAME, max(left - SHORTEST_BAR, 1))
    length = max(SHORTEST_BAR, min(left - name, LONGEST_BAR))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("phase", overflow="ellipsis", no_wrap=True, width=name)
    table.add_column("", no_wrap=True, width=length)
    for (word, _), wide in zip(COUNTERS, counters, strict=True):
        table.add_column(word, justify="right", no_wrap=True, width=wide)
    for row in progress.phases:
        numbers = [_number(getattr(row, word), style) for word, style in COUNTERS]
        table.add_row(Text(row.name), bar(row, total=progress.total_documents, width=length), *numbers)
    return table


def _number(n: int, style: str) -> Text:
    return Text(f"{n:,}", style=style if n else "bright_black")


def _errors(progress: Progress, file_name: Callable[[str], str]) -> list[Text]:
    """The latest errors; when there are too many to have them all at hand, one line a cause."""
    if progress.errors_next_cursor is not None:
        return [
            Text(f"✗ {group.count:,} × {group.example}", style="red", overflow="ellipsis", no_wrap=True)
            for group in progress.error_groups[:LATEST]
        ]
    return [
        Text(
            f"✗ {describe_error(entry, progress, file_name)}", style="red", overflow="ellipsis", no_wrap=True
        )
        for entry in progress.errors[-LATEST:]
    ]


def describe_error(entry: ErrorEntry, progress: Progress, file_name: Callable[[str], str]) -> str:
    """Which document (or which phase of the run) stopped, where, and why."""
    names = {row.phase_id: row.name for row in progress.phases}
    place = names.get(entry.phase, entry.phase) if entry.phase else "before any phase"
    if entry.document_id is None:
        return f"{place}: {entry.message}"
    return f"{file_name(entry.document_id)} ({place}): {entry.message}"


def _phase_words(row: PhaseProgress) -> str:
    words = [f"{row.completed:,} completed"]
    words += [f"{n:,} {name}" for name in ("running", "pending") if (n := getattr(row, name))]
    words += [counted(row.errors, "error")] if row.errors else []
    words += [f"{row.skipped:,} skipped"] if row.skipped else []
    return f"{row.name} {', '.join(words)}"


def _interval(eta: tuple[int, int]) -> str:
    low, high = eta
    return clock(high) if low == high else f"{clock(low)} to {clock(high)}"
