"""The review queue as people see it: pages, a summary, one field with its evidence, claims, the log of decisions."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput, NotFound, Problem
from docrail.core.model import Cell, CellStatus, Value, Verdict
from docrail.core.spec import Field
from docrail.phases.extraction.suggest import Suggestion, suggest_values
from docrail.store import decisions as decision_log
from docrail.store import reviews as queue
from docrail.store.clock import read_clock
from docrail.store.deciding import Case, read_case
from docrail.store.decisions import Decision, DecisionsWanted
from docrail.store.documents import read_document
from docrail.store.reviews import HeldField, Wanted
from docrail.store.reworks import count_due, read_rework
from docrail.store.run_documents import ids_ending
from docrail.usecases.decide import MOST_AT_ONCE
from docrail.usecases.results import visible

CLAIM_MINUTES, LONGEST_CLAIM_MINUTES = 10, 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many fields wait, in all and by what; of documents whose phases could not run again, how many."""

    total: int
    by_pipeline: Mapping[str, int]
    by_spec: Mapping[str, int]
    by_field: Mapping[str, int]
    by_reason: Mapping[str, int]
    by_gate: Mapping[str, int]
    failed_reworks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One field with all that is known of it.

    `versions` are its cells, oldest first, each with the number of its version; `held` is None once it is decided.
    `suggestions` are places of the document that may be the value, with boxes. `runs_again`: the phases after a
    decision have still to run; `rework_failure` why they could not.
    """

    field: Field
    pipeline_id: str
    pipeline_document_id: str
    document_id: str
    filename: str
    held: HeldField | None
    versions: Sequence[tuple[int, Cell]]
    verdicts: Sequence[Verdict]
    decisions: Sequence[Decision]
    suggestions: Sequence[Suggestion]
    record: Mapping[str, Value]
    runs_again: bool
    rework_failure: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What a reviewer holds now, until when (ms since 1970), and what others hold."""

    fields: Sequence[HeldField]
    until: int
    refused: Sequence[tuple[str, str, str]]


def list_reviews(
    program: Program,
    wanted: Wanted | None = None,
    *,
    limit: int = 20,
    after: str | None = None,
    free_for: str | None = None,
) -> tuple[list[HeldField], int]:
    """One page of the queue, oldest first, and how many fields match; the work is the same however many wait.

    `free_for`: only what this reviewer may claim now. Nothing of it has a value.
    """
    with program.database.reading() as connection:
        return queue.list_queue(
            connection,
            program.workspace,
            wanted or Wanted(),
            limit=limit,
            after=after or "",
            free_for=free_for,
            now=read_clock(connection),
        )


def summarise_reviews(program: Program, wanted: Wanted | None = None) -> Summary:
    """What waits, counted by everything one can ask for."""
    with program.database.reading() as connection:
        kinds = queue.count_kinds_held(connection, program.workspace, wanted or Wanted())
        failed = queue.count_failed_reworks(connection, program.workspace)
    counts: dict[str, Counter[str]] = {
        name: Counter() for name in ("run_id", "spec_id", "field", "reason", "gate")
    }
    for kind in kinds:
        for name, counter in counts.items():
            counter[getattr(kind, name)] += kind.n
    return Summary(
        total=sum(kind.n for kind in kinds),
        by_pipeline=counts["run_id"],
        by_spec=counts["spec_id"],
        by_field=counts["field"],
        by_reason=counts["reason"],
        by_gate=counts["gate"],
        failed_reworks=failed,
    )


def get_review(program: Program, pipeline_document_id: str, field: str, *, withheld: bool = False) -> Item:
    """One field with its evidence: for those who decide, who see what nobody else does.

    `withheld`: as anybody may see it, without values while it is held. Raises NotFound for a field that was never held.
    """
    with program.database.reading() as connection:
        case = read_case(connection, program.workspace, pipeline_document_id, field)
        wanted = DecisionsWanted(run_document_id=pipeline_document_id, field=field)
        said = list(decision_log.every_decision(connection, program.workspace, wanted))
        document = read_document(connection, case.document_id, workspace_id=program.workspace)
        runs_again, failure = read_rework(connection, pipeline_document_id)
    versions = [(n, cell) for n, cell in enumerate(case.known.cells) if cell.field == field]
    if not any(cell.status is CellStatus.HELD for _, cell in versions):
        raise NotFound(f"{field!r} of this document was never held")
    is_held = case.current is not None and case.current.status is CellStatus.HELD
    hide = withheld and is_held
    spec_field = next(each for each in case.run.plan.fields if each.name == field)
    layout = None if hide else program.blobs.read_layout(document.digest)
    item = Item(
        field=spec_field,
        pipeline_id=case.run.id,
        pipeline_document_id=pipeline_document_id,
        document_id=document.id,
        filename=document.filename,
        held=case.held,
        versions=versions,
        verdicts=[verdict for verdict in case.known.verdicts if verdict.field == field],
        decisions=said,
        suggestions=suggest_values(layout, spec_field) if layout else [],
        record=_others(case),
        runs_again=runs_again,
        rework_failure=failure,
    )
    return _withheld(item) if hide else item


def _others(case: Case) -> dict[str, Value]:
    """The other fields of the record, as anybody may see them: what the value must agree with."""
    latest = {cell.field: visible(cell) for cell in case.known.cells if cell.field != case.field}
    return {name: cell.value if cell else None for name, cell in latest.items()}


def _withheld(item: Item) -> Item:
    return replace(
        item,
        versions=[(n, _masked(cell)) for n, cell in item.versions],
        verdicts=[replace(verdict, message="") for verdict in item.verdicts],
        rework_failure=None,
    )


def _masked(cell: Cell) -> Cell:
    """Every version of a held field is withheld, not the last one alone."""
    masked = visible(replace(cell, status=CellStatus.HELD))
    assert masked is not None
    return replace(masked, status=cell.status)


def claim_reviews(
    program: Program,
    reviewer: str,
    *,
    items: Sequence[tuple[str, str]] | None = None,
    wanted: Wanted | None = None,
    limit: int = 1,
    minutes: float = CLAIM_MINUTES,
) -> Claimed:
    """Take fields for some minutes, so that nobody else decides on them: these items (pipeline document id, field),
    or the first `limit` that are free. Again is longer. Raises InvalidInput for more than 500, or too long."""
    _check_claim(len(items) if items is not None else limit, minutes)
    with program.database.writing() as connection:
        now = read_clock(connection)
        until = now + int(minutes * 60_000)
        keys = items
        if keys is None:
            page, _ = queue.list_queue(
                connection, program.workspace, wanted or Wanted(), limit=limit, free_for=reviewer, now=now
            )
            keys = [(each.run_document_id, each.field) for each in page]
        ours = queue.claim_fields(
            connection, program.workspace, keys, reviewer=reviewer, until=until, now=now
        )
        rows = {key: queue.find_held(connection, program.workspace, *key) for key in keys}
    fields = [row for key, row in rows.items() if row and key in ours]
    refused = [(*key, _why_not(row)) for key, row in rows.items() if key not in ours]
    return Claimed(fields=fields, until=until, refused=refused)


def release_reviews(program: Program, reviewer: str, items: Sequence[tuple[str, str]]) -> int:
    """Give fields back before the claim ends; how many were this reviewer's."""
    _check_claim(len(items), CLAIM_MINUTES)
    with program.database.writing() as connection:
        return queue.release_fields(connection, program.workspace, items, reviewer=reviewer)


def _check_claim(fields: int, minutes: float) -> None:
    problems = []
    if fields > MOST_AT_ONCE:
        problems.append(Problem(path="items", message=f"at most {MOST_AT_ONCE} fields at once"))
    if not 0 < minutes <= LONGEST_CLAIM_MINUTES:
        problems.append(Problem(path="minutes", message=f"more than 0, at most {LONGEST_CLAIM_MINUTES}"))
    if problems:
        raise InvalidInput(f"this cannot be claimed: {problems[0]}", tuple(problems))


def _why_not(row: HeldField | None) -> str:
    return f"claimed by {row.claimed_by}" if row else "does not wait for a decision"


def list_decisions(
    program: Program, wanted: DecisionsWanted | None = None, *, limit: int = 20, before: str | None = None
) -> tuple[list[Decision], int]:
    """One page of the log, newest first, and how many match. A field held again withholds its values."""
    with program.database.reading() as connection:
        return decision_log.list_decisions(
            connection, program.workspace, wanted or DecisionsWanted(), limit=limit, before=before
        )


def every_decision(program: Program, wanted: DecisionsWanted | None = None) -> Iterator[Decision]:
    """All of the log that matches, oldest first, from one consistent state."""
    with program.database.reading() as connection:
        yield from decision_log.every_decision(connection, program.workspace, wanted or DecisionsWanted())


def count_reworks_due(program: Program) -> int:
    """How much has still to be worked out anew after decisions: records, and tables composed of them."""
    with program.database.reading() as connection:
        return count_due(connection, program.workspace)


def find_pipeline_documents(program: Program, ending: str) -> list[str]:
    """Some pipeline documents whose ids end so, newest first."""
    with program.database.reading() as connection:
        return ids_ending(connection, program.workspace, ending)
