"""Kill everything at random while it works: `python bench/chaos.py [--documents 2000] [--minutes 3] [--seed 1]`.

Worker processes, the API and the PostgreSQL server are killed with SIGKILL and started again, workers are frozen for
longer than it takes to be thought dead, and every progress answer is checked against the rules. Runs over the same
documents follow each other until the time is over; each must come to the product of an undisturbed run. Exit code 1
if anything was not as it must be.
"""

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.acceptance.chaos import (
    KINDS,
    Site,
    calm_down,
    every_run,
    keep_working,
    retry_crashed,
    site,
    strike_all,
    upload,
)
from tests.acceptance.chaos_processes import DOCRAIL
from tests.acceptance.chaos_product import product_of_home, wrong_with
from tests.acceptance.small_job import SPEC, write_job

WEIGHTS = {"worker": 8, "freeze": 3, "api": 3, "postgres": 3, "postgres-immediate": 1}
GAP_SECONDS = (0.5, 4.0)


def main() -> int:
    """Run the chaos and print what came of it."""
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="docrail-chaos-") as folder:
        files, spec = write_job(Path(folder), documents=options.documents - 1)
        expected = undisturbed(Path(folder) / "home", files, spec)
        with site(workers=options.workers) as place:
            kept = upload(place, sorted(files.iterdir()), SPEC)
            wreak(place, kept, seconds=options.minutes * 60, seed=options.seed)
            retried = retry_crashed(place)
            wrong = [
                f"{run.id}: {line}"
                for run in every_run(place)
                for line in wrong_with(place.program, run.id, expected)
            ]
            if options.logs:
                keep_logs(place, options.logs)
            report(place, retried=retried, wrong=[*wrong, *place.broken], options=options)
            return 1 if wrong or place.broken else 0


def read_options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--logs", type=Path, help="a folder for what the processes said")
    return parser.parse_args()


def undisturbed(home: Path, files: Path, spec: Path) -> dict[str, list[str]]:
    """The product of the same documents in a home folder of their own, with SQLite."""
    began = time.monotonic()
    command = [DOCRAIL, "--home", str(home), "run", str(files), "--spec", str(spec)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 3, ended.stderr  # the empty document is an error
    print(f"undisturbed      {time.monotonic() - began:.1f} s")
    return product_of_home(home)


def wreak(place: Site, spec: str, *, seconds: float, seed: int) -> None:
    """Strike at random until the time is over, then let everything come to its end."""
    chance, stop = random.Random(seed), threading.Event()
    working = threading.Thread(target=keep_working, args=(place, spec, stop))
    working.start()
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            kinds = chance.choices(KINDS, weights=[WEIGHTS[kind] for kind in KINDS])
            strike_all(place, kinds, chance, gap=GAP_SECONDS)
    finally:
        stop.set()
        working.join()
    calm_down(place, seconds=900)


def keep_logs(place: Site, folder: Path) -> None:
    """Copy what the processes said, and put down when what was struck."""
    folder.mkdir(parents=True, exist_ok=True)
    for log in place.logs:
        shutil.copy(log, folder)
    lines = [f"{place.moment(each.at)} {each}" for each in place.strikes]
    (folder / "strikes.log").write_text("\n".join(lines) + "\n")


def report(place: Site, *, retried: int, wrong: Sequence[str], options: argparse.Namespace) -> None:
    """Print what was killed, what was polled, how long it took to go on, and everything that was wrong."""
    struck, recoveries = place.struck_how_often(), place.recoveries()
    print(f"seed             {options.seed}; {len(every_run(place))} runs of {options.documents} documents")
    for kind in KINDS:
        print(f"{kind:<17}{struck[kind]:>4} struck during work; went on after {_times(recoveries[kind])}")
    for kind, times in place.taken_over.items():
        print(f"taken over       {kind}: {len(times)}, after {_times(times)}")
    print(f"thawed           {sum(each.thawed for each in place.workers)}")
    exits = sum((each.exits for each in (*place.workers, place.api)), Counter())
    print(f"exits            {dict(exits)}")
    for name, seen in (("HTTP", place.http), ("in process", place.inside), ("audits", place.audits)):
        print(f"polls            {name}: {seen.polls}, away {dict(seen.away)}, longest {seen.longest:.2f} s")
    print(f"retried          {retried} documents that a kill hit three times")
    print(f"violations       {len(wrong)}")
    for line in wrong[:50]:
        print(f"  {line}")


def _times(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.2f} s (median), {max(times):.2f} s (max)" if times else "-"


if __name__ == "__main__":
    sys.exit(main())
