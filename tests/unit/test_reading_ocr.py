"""Which way up a picture is, by a vote of its lines."""

import numpy as np
import pytest

from docrail.reading.ocr_rapid import find_turn


@pytest.mark.parametrize(
    ("size", "upside", "turn"),
    [((100, 10), -0.9, 0), ((100, 10), 0.9, 180), ((10, 100), 0.9, 90), ((10, 100), -0.9, 270)],
)
def test_lines_vote_on_the_turn(size: tuple[int, int], upside: float, turn: int) -> None:
    sizes = np.array([size] * 9 + [(10, 10)], dtype=np.float64)
    votes = np.array([upside] * 8 + [-upside] * 2)
    assert find_turn(sizes, votes) == turn


def test_few_lines_turn_nothing() -> None:
    assert find_turn(np.array([[10.0, 100.0]] * 3), np.array([0.9] * 3)) == 0
