"""Where a document may go from where it stands."""

from itertools import product

import pytest

from docrail.core.state import UNREAD, Position, State, allowed

PHASES = 3
INSIDE = [Position(phase, state) for phase, state in product(range(PHASES), State)]
EVERYWHERE = [Position(phase, state) for phase, state in product(range(UNREAD, PHASES + 1), State)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Position(0, State.QUEUED), Position(0, State.READING)),
        (Position(0, State.READING), Position(0, State.RUNNING)),
        (Position(0, State.QUEUED), Position(0, State.RUNNING)),
        (Position(0, State.RUNNING), Position(1, State.QUEUED)),
        (Position(1, State.RUNNING), Position(1, State.WAITING)),
        (Position(1, State.WAITING), Position(1, State.RUNNING)),
        (Position(1, State.WAITING), Position(1, State.READING)),
        (Position(1, State.RUNNING), Position(1, State.ERROR)),
        (Position(0, State.READING), Position(UNREAD, State.ERROR)),
        (Position(2, State.RUNNING), Position(3, State.COMPLETED)),
        (Position(2, State.RUNNING), Position(3, State.PARTIAL)),
        (Position(1, State.RUNNING), Position(1, State.QUEUED)),
        (Position(1, State.QUEUED), Position(1, State.CANCELLED)),
    ],
)
def test_a_document_goes_on_its_way(before: Position, after: Position) -> None:
    assert allowed(before, after, phases=PHASES)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Position(0, State.QUEUED), Position(1, State.QUEUED)),
        (Position(0, State.RUNNING), Position(2, State.QUEUED)),
        (Position(2, State.RUNNING), Position(3, State.QUEUED)),
        (Position(1, State.RUNNING), Position(2, State.COMPLETED)),
        (Position(2, State.QUEUED), Position(3, State.COMPLETED)),
        (Position(0, State.RUNNING), Position(UNREAD, State.ERROR)),
        (Position(1, State.READING), Position(UNREAD, State.ERROR)),
        (Position(0, State.QUEUED), Position(0, State.WAITING)),
    ],
)
def test_a_document_skips_no_phase_and_unfinishes_none(before: Position, after: Position) -> None:
    assert not allowed(before, after, phases=PHASES)


@pytest.mark.parametrize("after", EVERYWHERE)
@pytest.mark.parametrize("state", [State.COMPLETED, State.PARTIAL, State.ERROR, State.CANCELLED])
def test_a_document_that_ended_moves_nowhere(state: State, after: Position) -> None:
    assert not allowed(Position(1, state), after, phases=PHASES)


@pytest.mark.parametrize("before", INSIDE)
def test_no_move_of_a_worker_lowers_what_is_completed(before: Position) -> None:
    reached = [after for after in EVERYWHERE if allowed(before, after, phases=PHASES)]

    assert all(after.phase >= before.phase or after.phase == UNREAD == before.phase - 1 for after in reached)
