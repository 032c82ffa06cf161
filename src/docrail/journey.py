"""One document on its way through the phases: every move it makes, handed to the ledger in order."""

import time
from dataclasses import replace
from typing import Any

import structlog

from docrail.core.errors import Busy, WorkError
from docrail.core.model import CellStatus, Record
from docrail.core.plan import Plan, PlannedPhase
from docrail.core.retry import Retry
from docrail.core.state import UNREAD, Failure, Move, Position, State
from docrail.store.chunks import Claim, Work
from docrail.store.ids import now_ms
from docrail.store.ledger import Ledger, Receipt

READING = Retry()
log = structlog.get_logger()


class ClaimLost(Exception):  # noqa: N818 - not an error: somebody else has the chunk, or the run was cancelled
    """A move came too late."""


class Journey:
    """One document on its way: where it stands, and every move it makes handed to the ledger in order."""

    def __init__(self, claim: Claim, work: Work, ledger: Ledger, receipt: Receipt | None = None) -> None:
        self.claim, self.work, self.ledger = claim, work, ledger
        self.receipt = receipt or Receipt()
        self.position, self.attempts = work.position, work.attempts
        self.timings = dict(work.timings)
        self.began = 0.0
        self.waiting: tuple[float, Work] | None = None
        self._unwritten: list[Move] = []

    def move(self, state: State, *, phase: int | None = None, **more: Any) -> None:
        """Make a move and hand it in. Raises ClaimLost as soon as an earlier one is known to have come too late."""
        self._step(state, phase=phase, **more)
        self.hand_in()

    def hand_in(self) -> None:
        """Give the ledger the moves made so far."""
        if self.receipt.late:
            self.settle()
        self._give()

    def _give(self) -> None:
        moves, self._unwritten = self._unwritten, []
        if moves:
            self.ledger.write(moves, self.receipt)

    def _step(self, state: State, *, phase: int | None = None, **more: Any) -> None:
        after = Position(self.position.phase if phase is None else phase, state)
        self._unwritten.append(
            Move(
                run_id=self.claim.run.id,
                document=self.work.id,
                chunk_id=self.claim.chunk_id,
                epoch=self.claim.epoch,
                before=self.position,
                after=after,
                at=now_ms(),
                attempts=self.attempts,
                **more,
            )
        )
        self.position = after

    def start(self, planned: PlannedPhase, *, costly: bool = False) -> None:
        """Begin an attempt.

        It is durable before it begins if it is costly, so that nothing is paid for while the database is away; and
        after a crash, so that the next one has a name.
        """
        self.attempts += 1
        self.began = time.monotonic()
        self.move(State.RUNNING, phase_id=planned.id)
        if costly or self.claim.after_crash:
            self.settle()

    def is_read(self) -> None:
        """Reading is over: its attempts are not the first phase's."""
        self.attempts = 0

    def settle(self) -> None:
        """Wait until every move is durable. Raises ClaimLost, or what kept the ledger from committing."""
        self._give()
        if not self.receipt.settle():
            raise ClaimLost

    def finish(self, plan: Plan, *, before: Record, after: Record) -> None:
        """End the phase: what it added is stored with the move to the next one, or to the end.

        Between two phases the move is handed in with the start of the next one, or by `hand_in`.
        """
        planned = plan.document_phases[self.position.phase]
        self.timings[planned.id] = round(time.monotonic() - self.began, 4)
        self.attempts = 0
        last = self.position.phase + 1 == len(plan.document_phases)
        held = count_held(after)
        self._step(
            (State.PARTIAL if held else State.COMPLETED) if last else State.QUEUED,
            phase=self.position.phase + 1,
            phase_id=planned.id,
            timings=dict(self.timings),
            cells=after.cells[len(before.cells) :],
            verdicts=after.verdicts[len(before.verdicts) :],
            issues=after.issues[len(before.issues) :],
            first_cell=len(before.cells),
            first_verdict=len(before.verdicts),
            first_issue=len(before.issues),
            held=held - (held if after is before else count_held(before)),
        )
        if last:
            log.info("document_finished", state=self.position.state)
            self.hand_in()

    def fail(self, planned: PlannedPhase | None, error: WorkError) -> None:
        """End the attempt: wait for the next one if that may help and any is left, else end in error.

        Without a phase it was reading that failed: before the first phase, or anew on the way to a later one.
        """
        if planned is None:
            self.attempts += 1
        elif isinstance(error, Busy) and not error.sent:
            self.attempts -= 1
        retry = planned.retry if planned else READING
        at_phase = planned or self._phase_on_the_way()
        if error.retryable and self.attempts < retry.attempts:
            seconds = retry.delay(self.attempts)
            if isinstance(error, Busy):
                seconds = max(seconds, error.seconds)
            self.move(State.WAITING, phase_id=at_phase.id if at_phase else None)
            work = replace(self.work, position=self.position, attempts=self.attempts, timings=self.timings)
            self.waiting = seconds, work
            return
        self.move(
            State.ERROR,
            phase=self.position.phase if at_phase else UNREAD,
            phase_id=at_phase.id if at_phase else None,
            failure=describe(planned, error, attempts=self.attempts),
        )
        log.info("document_failed", phase=at_phase.id if at_phase else None, code=error.code)

    def give_back(self, planned: PlannedPhase) -> None:
        """The worker stops in the middle of an attempt that can wait: it was none."""
        self.attempts -= 1
        self.move(State.QUEUED, phase_id=planned.id)

    def _phase_on_the_way(self) -> PlannedPhase | None:
        """The phase a document stands at that has finished others: what they made still counts."""
        finished = self.position.phase
        return self.claim.run.plan.document_phases[finished] if finished > 0 else None


def describe(planned: PlannedPhase | None, error: WorkError, *, attempts: int) -> Failure:
    """A message that a person can act on: what failed, how often it was tried, and the cause."""
    message = error.message
    if planned is not None:
        tries = f"{attempts} attempt{'s' if attempts > 1 else ''}"
        message = f"{planned.name} failed after {tries}. {message}"
    return Failure(code=error.code, message=message, retryable=error.retryable)


def count_held(record: Record) -> int:
    return sum(1 for cell in record.current.values() if cell.status is CellStatus.HELD)
