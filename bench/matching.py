"""How well a fuzzy look-up finds the same thing under another name: `python bench/matching.py FOLDER [--write]`.

FOLDER holds the pairs of the Magellan entity matching sets (Structured_Beer, Structured_Fodors-Zagats; Apache-2.0, by
way of megagonlabs/ditto), a JSON line each: left, right, match. The right sides are the table, the left ones are looked
up; a pair counts as found if the look-up of its left side gives its right side. The threshold is chosen on the training
pairs, what is reported is of the test pairs, beside equality and equality without regard to case and space.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from docrail.core.fuzzy import find_nearest
from docrail.core.lookup_table import loose

SETS = {
    "beer": ("Structured_Beer", ("Beer_Name", "Brew_Factory_Name")),
    "restaurants": ("Structured_Fodors-Zagats", ("name", "addr", "city")),
}
THRESHOLDS = tuple(number / 100 for number in range(50, 100, 5))
RESULTS = Path(__file__).parent / "results" / "matching.json"
Find: TypeAlias = Callable[[str, str], bool]


@dataclass(frozen=True)
class Pair:
    """Two names, and whether they are of one thing."""

    left: str
    right: str
    match: bool


def read_pairs(folder: Path, part: str, columns: Sequence[str]) -> list[Pair]:
    lines = (folder / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    return [_pair(json.loads(line), columns) for line in lines]


def _pair(raw: dict[str, Any], columns: Sequence[str]) -> Pair:
    left, right = (" ".join(str(raw[side][column]) for column in columns) for side in ("left", "right"))
    return Pair(left, right, bool(raw["match"]))


def equal(left: str, right: str) -> bool:
    return left == right


def loosely_equal(left: str, right: str) -> bool:
    return loose(left) == loose(right)


def fuzzy(pairs: Sequence[Pair], threshold: float) -> Find:
    """A look-up among all right sides, as a policy's rule does it."""
    table = {pair.right: pair.right for pair in pairs}
    found = {left: find_nearest(left, table, threshold=threshold) for left in {pair.left for pair in pairs}}

    def finds(left: str, right: str) -> bool:
        match = found[left]
        return match is not None and match.value == right

    return finds


def score(pairs: Sequence[Pair], find: Find) -> dict[str, float]:
    said = [(find(pair.left, pair.right), pair.match) for pair in pairs]
    right = sum(found and match for found, match in said)
    found, wanted = sum(each for each, _ in said), sum(match for _, match in said)
    precision, recall = right / found if found else 0.0, right / wanted
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3)}


def measure(folder: Path) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for name, (place, columns) in SETS.items():
        train, test = (read_pairs(folder / place, part, columns) for part in ("train", "test"))
        best = max(THRESHOLDS, key=lambda each: (score(train, fuzzy(train, each))["f1"], each))
        results[name] = {
            "pairs": len(test),
            "matches": sum(pair.match for pair in test),
            "threshold": best,
            "equal": score(test, equal),
            "equal without case and space": score(test, loosely_equal),
            "fuzzy": score(test, fuzzy(test, best)),
        }
    return results


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {RESULTS.name}")
    given = parser.parse_args()
    text = json.dumps(measure(given.folder), indent=2)
    print(text)
    if given.write:
        RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
