"""What a person can say of a held field: one decision, or many at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from docrail.bootstrap import Program
from docrail.core.errors import Conflict, DocrailError, InvalidInput, NotFound, Problem
from docrail.core.model import Cell, CellStatus, Value
from docrail.core.review import PAST, Action, check_value, decide
from docrail.core.rework import dependent_phases
from docrail.core.state import TERMINAL
from docrail.store.clock import read_clock
from docrail.store.deciding import Case, Said, phase_of, read_case, store_decision
from docrail.store.equal_held import list_equal
from docrail.store.reviews import find_held
from docrail.usecases.times import iso_time

MOST_AT_ONCE = 500
UNSAID: Any = object()
"""No value was given: None is one."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person says of one field of one pipeline document; `action` is a word of `Action`.

    `version` is the version of the cell that they looked at, if it matters; `supersedes` the id of the decision that
    this one takes the place of.
    """

    pipeline_document_id: str
    field: str
    action: str
    value: Any = UNSAID
    reason: str | None = None
    version: int | None = None
    supersedes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision that landed: the version of the cell it wrote, what is still held of the document, and the ids of
    the phases that run again for it."""

    decision_id: str
    pipeline_id: str
    pipeline_document_id: str
    field: str
    action: Action
    status: str
    value: Value
    version: int
    held_fields: int
    runs_again: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one of many answers: decided, or why not (`code` and `message`)."""

    answer: Answer
    decided: Decided | None = None
    code: str | None = None
    message: str | None = None


def resolve(program: Program, answer: Answer, *, reviewer: str) -> Decided:
    """Decide on a field: a new version of its cell, a row of the log, the counters and the confirmation at once.

    Raises NotFound; InvalidInput for a value that the field does not allow, or a decision that lacks something;
    Conflict if it was decided already (the message says by whom), is claimed by another or has changed since.
    """
    _check(answer)
    with program.database.writing() as connection:
        case = read_case(connection, program.workspace, answer.pipeline_document_id, answer.field, alone=True)
        at = read_clock(connection)
        held = _held_cell(case, answer, reviewer=reviewer, now=at)
        said = Said(
            action=Action(answer.action),
            cell=_decide(case, held, answer),
            before=case.current.value if case.current else None,
            reason=answer.reason,
            reviewer=reviewer,
        )
        id_ = store_decision(connection, case, said, at=at, enqueue=program.engine.enqueue)
    return _decided(case, said, id_, at)


def check_answer(program: Program, answer: Answer, *, reviewer: str) -> None:
    """Raises what `resolve` would raise now; changes nothing."""
    _check(answer)
    with program.database.reading() as connection:
        case = read_case(connection, program.workspace, answer.pipeline_document_id, answer.field)
        held = _held_cell(case, answer, reviewer=reviewer, now=read_clock(connection))
        _decide(case, held, answer)


def resolve_equal(program: Program, answer: Answer, *, reviewer: str) -> list[Outcome]:
    """Decide on a field, and alike on every other of its run that is held with the same value for the same reason.

    The first outcome is that of the field itself. Raises what `resolve` raises for it.
    """
    others = list_equal_reviews(program, answer.pipeline_document_id, answer.field, reviewer=reviewer)
    first = Outcome(answer=answer, decided=resolve(program, answer, reviewer=reviewer))
    alike = [replace(answer, pipeline_document_id=each, version=version) for each, version in others]
    return [first, *resolve_many(program, alike, reviewer=reviewer)]


def list_equal_reviews(
    program: Program, pipeline_document_id: str, field: str, *, reviewer: str
) -> list[tuple[str, int]]:
    """The other fields of the run that are held with the same value for the same reason, at most 499, as (pipeline
    document id, version); none if this one does not wait."""
    with program.database.reading() as connection:
        held = find_held(connection, program.workspace, pipeline_document_id, field)
        if held is None:
            return []
        return list_equal(connection, held, reviewer=reviewer, now=read_clock(connection))


def resolve_many(program: Program, answers: Sequence[Answer], *, reviewer: str) -> list[Outcome]:
    """Decide on each, in order; what goes wrong with one stops none. Raises InvalidInput for more than 500."""
    if len(answers) > MOST_AT_ONCE:
        message = f"at most {MOST_AT_ONCE} decisions at once; these are {len(answers)}"
        raise InvalidInput(message, (Problem(path="items", message=message),))
    return [_outcome(program, answer, reviewer) for answer in answers]


def _outcome(program: Program, answer: Answer, reviewer: str) -> Outcome:
    try:
        return Outcome(answer=answer, decided=resolve(program, answer, reviewer=reviewer))
    except NotFound:
        message = "There is no such field that waits for a decision, or your key does not see it."
        return Outcome(answer=answer, code=NotFound.code, message=message)
    except DocrailError as error:
        return Outcome(answer=answer, code=error.code, message=error.message)
    except Exception:
        log.exception("decision_failed", field=answer.field)
        message = "Something went wrong on our side. The log has it."
        return Outcome(answer=answer, code="internal_error", message=message)


def _check(answer: Answer) -> None:
    """What can be said of an answer by itself."""
    problems = []
    if answer.action not in tuple(Action):
        message = f"no action '{answer.action}': there are {', '.join(Action)}"
        problems.append(Problem(path="action", message=message))
    if answer.action == Action.APPROVE and answer.value is not UNSAID:
        problems.append(Problem(path="value", message="approve keeps the value; `correct` takes another one"))
    if answer.action == Action.CORRECT and answer.value is UNSAID:
        problems.append(Problem(path="value", message="missing: the right value, or null if there is none"))
    if answer.action == Action.OVERRIDE and not (answer.reason or "").strip():
        problems.append(Problem(path="reason", message="missing: say why the value goes past the gate"))
    if problems:
        raise InvalidInput(f"this cannot be decided: {problems[0]}", tuple(problems))


def _held_cell(case: Case, answer: Answer, *, reviewer: str, now: int) -> Cell:
    """The held version that is decided on. Raises NotFound, Conflict."""
    current = case.current
    if current is not None and current.status is CellStatus.HELD and case.held is None:
        why = "it did not come to its end" if case.state in TERMINAL else "it is still being worked on"
        raise Conflict(f"'{case.field}' of this document cannot be decided: {why}")
    if case.held is None:
        return _superseded_cell(case, answer)
    if answer.supersedes is not None:
        raise Conflict(f"'{case.field}' is held again: decide on it as it is now, without `supersedes`")
    holder, until = case.held.claimed_by, case.held.claimed_until or 0
    if holder not in (None, reviewer) and until > now:
        raise Conflict(f"'{case.field}' is claimed by {holder} until {iso_time(until)}")
    if answer.version not in (None, case.held.version):
        raise Conflict(
            f"'{case.field}' has changed since version {answer.version}: it is {case.held.version} now"
        )
    assert current is not None
    return current


def _superseded_cell(case: Case, answer: Answer) -> Cell:
    last = case.last
    if last is None:
        raise NotFound(f"'{case.field}' of this document does not wait for a decision")
    if answer.supersedes != last.id:
        raise Conflict(
            f"'{case.field}' was {PAST[Action(last.action)]} by {last.reviewer} at {iso_time(last.at)} "
            f"(decision {last.id}): to decide otherwise, say `supersedes` with this id"
        )
    versions = [each for each in case.known.cells[: last.version] if each.field == case.field]
    return next(each for each in reversed(versions) if each.status is CellStatus.HELD)


def _decide(case: Case, held: Cell, answer: Answer) -> Cell:
    if answer.value is UNSAID:
        return decide(held, Action(answer.action))
    field = next(each for each in case.run.plan.fields if each.name == case.field)
    value = check_value(field, answer.value, past_gates=answer.action == Action.OVERRIDE)
    return decide(held, Action(answer.action), value, given=True)


def _decided(case: Case, said: Said, id_: str, at: int) -> Decided:
    latest = {cell.field: cell for cell in (*case.known.cells, said.cell)}
    again = dependent_phases(case.run.plan, phase_of(case))
    return Decided(
        decision_id=id_,
        pipeline_id=case.run.id,
        pipeline_document_id=case.run_document_id,
        field=case.field,
        action=said.action,
        status=said.cell.status.value,
        value=said.cell.value,
        version=len(case.known.cells),
        held_fields=sum(cell.status is CellStatus.HELD for cell in latest.values()),
        runs_again=tuple(phase.id for phase in again),
        at=at,
    )
