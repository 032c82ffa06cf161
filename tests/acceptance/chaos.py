"""The chaos harness: workers, the API and PostgreSQL are killed or frozen while pollers check every answer."""

import json
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy.exc import DBAPIError

from docrail.bootstrap import Program, open_program
from docrail.config import Settings
from docrail.core.errors import Unavailable
from docrail.core.invariants import broken_rules
from docrail.core.progress import Progress
from docrail.store.workers import list_workers
from docrail.usecases.pipelines import audit_progress, get_progress, list_pipelines
from tests.acceptance.chaos_processes import DOCRAIL, Kept, Postgres
from tests.acceptance.test_serve import as_progress, free_port

KINDS = ("worker", "freeze", "api", "postgres", "postgres-immediate")
TAKE_OVER_SECONDS = 2
FREEZE_SECONDS = (TAKE_OVER_SECONDS + 1.0, TAKE_OVER_SECONDS + 3.0)
DOWN_SECONDS = (0.0, 1.0)
UPLOADED_TOGETHER = 200
STRIKE_SECONDS = 60
RECOVERED_FIRST = 0.75


@dataclass(kw_only=True)
class Seen:
    """What one poller saw. `away`: the polls that nobody could answer, by what came instead."""

    polls: int = 0
    broken: list[str] = field(default_factory=list)
    away: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    answered: list[float] = field(default_factory=list)
    moved: list[float] = field(default_factory=list)
    last: dict[str, Progress] = field(default_factory=dict)

    def check(self, run: str, now: Progress) -> None:
        """Every rule, also against the last answer about the same run."""
        before = self.last.get(run)
        self.broken += [f"{line} (revision {now.revision})" for line in broken_rules(now, before)]
        self.polls += 1
        self.answered.append(time.monotonic())
        if before is None or before.revision != now.revision:
            self.moved.append(time.monotonic())
        self.last[run] = now


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One kill that really happened: when, when what was killed was told to be there again."""

    kind: str
    at: float
    back: float


@dataclass(kw_only=True)
class Site:
    """The real program on one PostgreSQL and one home folder, and everything that was seen of it."""

    home: Path
    postgres: Postgres
    program: Program
    workers: Sequence[Kept]
    api: Kept
    client: httpx.Client
    documents: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    strikes: list[Strike] = field(default_factory=list)
    http: Seen = field(default_factory=Seen)
    inside: Seen = field(default_factory=Seen)
    audits: Seen = field(default_factory=Seen)
    crew: dict[int, float] = field(default_factory=dict)
    struck: dict[int, tuple[str, float]] = field(default_factory=dict)
    taken_over: dict[str, list[float]] = field(default_factory=lambda: {"worker": [], "freeze": []})

    @property
    def seen(self) -> Sequence[Seen]:
        return self.http, self.inside, self.audits

    @property
    def broken(self) -> list[str]:
        """Every rule that any answer broke, and every drift."""
        return [line for seen in self.seen for line in seen.broken]

    def struck_how_often(self) -> Counter[str]:
        """The strikes that hit while documents moved, by kind."""
        return Counter(each.kind for each in self.strikes)

    def recoveries(self) -> dict[str, list[float]]:
        """How long after each strike progress moved again; for the API, until it answered again."""
        found: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for strike in self.strikes:
            after = self.http.answered if strike.kind == "api" else self.inside.moved
            again = next((each for each in after if each > strike.back), None)
            if again is not None:
                found[strike.kind].append(again - strike.back)
        return found

    @property
    def logs(self) -> list[Path]:
        """What the processes said."""
        return sorted(self.home.parent.glob("*.log"))

    def moment(self, at: float) -> str:
        """The time of day of a monotonic time."""
        return time.strftime("%H:%M:%S", time.gmtime(time.time() - time.monotonic() + at))


@contextmanager
def site(*, workers: int = 2) -> Iterator[Site]:
    """A running site, with its pollers; everything ends with the block."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="docrail-"))
        folder.chmod(0o755)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = Postgres(folder)
        postgres.start()
        stack.callback(postgres.close)
        settings = Settings(home=str(folder / "home"), database_url=postgres.url)
        program = stack.enter_context(open_program(settings))
        port, environment = free_port(), _environment(settings)
        kept = [
            _keep(stack, "worker", environment=environment, log=folder / f"worker-{n}.log")
            for n in range(workers)
        ]
        api = _keep(stack, "serve", "--port", str(port), environment=environment, log=folder / "api.log")
        headers = {"Authorization": f"Bearer {_make_key(environment)}"}
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30)
        stack.callback(client.close)
        made = Site(
            home=settings.home_path, postgres=postgres, program=program, workers=kept, api=api, client=client
        )
        with _polling(made):
            yield made


def _environment(settings: Settings) -> dict[str, str]:
    values = {
        "home": settings.home,
        "database_url": settings.database_url,
        "take_over_seconds": TAKE_OVER_SECONDS,
        "concurrency": 2,
        "processes": 1,
    }
    return {f"DOCRAIL_{name.upper()}": str(value) for name, value in values.items()}


def _keep(stack: ExitStack, *arguments: str, environment: Mapping[str, str], log: Path) -> Kept:
    kept = Kept(*arguments, environment=environment, log=log)
    stack.callback(kept.close)
    return kept


def _make_key(environment: Mapping[str, str]) -> str:
    command = [DOCRAIL, "keys", "create", "--scope", "read", "--scope", "write", "--json"]
    made = subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True)
    return json.loads(made.stdout)["key"]


@contextmanager
def _polling(site: Site) -> Iterator[None]:
    """Poll from several threads while the block runs."""
    stop = threading.Event()
    jobs = [
        (_poll_http, site.http, 0.04),
        (_poll_inside, site.inside, 0.04),
        (_audit, site.audits, 0.25),
        (_watch_crew, Seen(), 0.05),
    ]
    threads = [threading.Thread(target=_repeat, args=(site, stop, *job)) for job in jobs]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        stop.set()
        for each in threads:
            each.join()


def _repeat(
    site: Site, stop: threading.Event, look: Callable[[Site, Seen], None], seen: Seen, pause: float
) -> None:
    while not stop.wait(pause):
        began = time.monotonic()
        try:
            look(site, seen)
        except (httpx.TransportError, DBAPIError, Unavailable) as error:
            seen.away[type(error).__name__] += 1
        except Exception as error:  # noqa: BLE001 - whatever a poll raises is a finding
            seen.broken.append(f"{look.__name__}: {type(error).__name__}: {error}")
        seen.longest = max(seen.longest, time.monotonic() - began)


def _poll_http(site: Site, seen: Seen) -> None:
    for run in site.runs[-1:]:
        answer = site.client.get(f"/v1/pipelines/{run}/progress", timeout=10)
        if answer.status_code == 200:
            seen.check(run, as_progress(answer.json()))
        elif answer.status_code == 503:
            seen.away["503"] += 1
        else:
            seen.broken.append(f"poll: {answer.status_code} {answer.text}")


def _poll_inside(site: Site, seen: Seen) -> None:
    for run in site.runs[-1:]:
        seen.check(run, get_progress(site.program, run))


def _audit(site: Site, seen: Seen) -> None:
    for run in site.runs[-1:]:
        seen.broken += [f"audit: {line}" for line in audit_progress(site.program, run)]
        seen.polls += 1


def _watch_crew(site: Site, _seen: Seen) -> None:
    """Which workers are in the crew now, and how long after a strike the one that was struck is no more."""
    with site.program.database.reading() as connection:
        present = {int(worker.process.split("/")[1]): ago for worker, ago in list_workers(connection)}
    site.crew = present
    for pid, (kind, at) in list(site.struck.items()):
        if pid not in present:
            site.taken_over[kind].append(time.monotonic() - at)
            site.struck.pop(pid, None)


def wait_until(condition: Callable[[], object], what: str, *, seconds: float) -> None:
    """Wait for a condition; the database or the API may be away meanwhile."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(httpx.TransportError, DBAPIError, Unavailable):
            if condition():
                return
        assert time.monotonic() < deadline, f"waited {seconds} s until {what}"
        time.sleep(0.05)


def upload(site: Site, files: Sequence[Path], spec: str) -> str:
    """Give the site its documents and the spec, before anything is killed; the spec's id."""
    wait_until(lambda: site.client.get("/health/ready").status_code == 200, "the API is ready", seconds=60)
    wait_until(lambda: len(site.crew) == len(site.workers), "every worker has joined", seconds=60)
    for start in range(0, len(files), UPLOADED_TOGETHER):
        some = files[start : start + UPLOADED_TOGETHER]
        sent = [("files", (file.name, file.read_bytes())) for file in some]
        answer = site.client.post("/v1/documents", files=sent, timeout=120).raise_for_status()
        site.documents += [each["id"] for each in answer.json()["data"]]
    return str(site.client.post("/v1/specs", content=spec).raise_for_status().json()["id"])


def start_run(site: Site, spec: str) -> None:
    """Start a run over all documents, however often it takes; one whose answer was lost is a run like any other."""
    body = {"schema_id": spec, "document_ids": site.documents}

    def start() -> bool:
        answer = site.client.post("/v1/pipelines", json=body, timeout=60)
        if answer.status_code == 201:
            site.runs.append(answer.json()["id"])
        return answer.status_code == 201

    wait_until(start, "a run has started", seconds=60)


def has_ended(site: Site) -> bool:
    """Whether the newest run has, as the last answers in process say."""
    last = site.inside.last.get(site.runs[-1])
    return last is not None and last.status.terminal


def keep_working(site: Site, spec: str, stop: threading.Event) -> None:
    """Run after run over the same documents until told to stop; the last one goes on."""
    start_run(site, spec)
    while not stop.wait(0.05):
        if has_ended(site):
            start_run(site, spec)


def strike(site: Site, kind: str, chance: random.Random) -> bool:
    """Kill or freeze one of a kind; False if there was nobody to hit just then, or nobody had work."""
    if not site.runs or has_ended(site):
        return False
    at = time.monotonic()
    down = chance.uniform(*DOWN_SECONDS)
    if kind in ("worker", "freeze"):
        hit = _strike_worker(site, kind, chance, down)
    elif kind == "api":
        hit = site.api.kill(down=down)
    else:
        hit = site.postgres.kill() if kind == "postgres" else site.postgres.stop_at_once()
        time.sleep(down)
        site.postgres.start()
    if hit:
        back = time.monotonic() if kind.startswith("postgres") else at
        site.strikes.append(Strike(kind=kind, at=at, back=back))
    return hit


def _strike_worker(site: Site, kind: str, chance: random.Random, down: float) -> bool:
    """Of the workers that have joined the crew, as a process that only begins has nothing to lose.

    While one is frozen another works, so that what becomes of the frozen one's documents is seen.
    """
    there = [each for each in site.workers if each.pid in site.crew and not each.frozen]
    if len(there) < (2 if kind == "freeze" else 1):
        return False
    worker = chance.choice(there)
    site.struck[worker.pid] = (kind, time.monotonic())
    if kind == "worker":
        return worker.kill(down=down)
    worker.frozen = True
    frozen = threading.Thread(target=worker.freeze, args=(chance.uniform(*FREEZE_SECONDS),))
    frozen.start()
    return True


def strike_all(site: Site, kinds: Sequence[str], chance: random.Random, *, gap: tuple[float, float]) -> None:
    """Strike once for each of `kinds`, with a gap between two; a strike that hits nobody is tried again.

    Mostly the gap begins when progress moves again; else a second strike may come upon what the first one left.
    """
    for kind in kinds:
        time.sleep(chance.uniform(*gap))
        deadline = time.monotonic() + STRIKE_SECONDS
        while not strike(site, kind, chance):
            assert time.monotonic() < deadline, f"nobody to strike: {kind}"
            time.sleep(0.1)
        if chance.random() < RECOVERED_FIRST:
            _let_recover(site)


def _let_recover(site: Site) -> None:
    """Wait until progress moves and the API answers again, but not for ever."""
    struck = time.monotonic()
    while time.monotonic() < struck + STRIKE_SECONDS:
        time.sleep(0.05)
        moved, answered = site.inside.moved[-1:], site.http.answered[-1:]
        if (
            moved
            and answered
            and min(moved + answered) > struck
            and all(each.pid in site.crew for each in site.workers)
        ):
            return


def calm_down(site: Site, *, seconds: float) -> None:
    """Wait until every run has ended, and only the living are in the crew."""
    living = lambda: {each.pid for each in site.workers}  # noqa: E731
    wait_until(lambda: not any(each.frozen for each in site.workers), "nobody is frozen", seconds=30)
    wait_until(
        lambda: all(run.status.terminal for run in every_run(site)), "every run has ended", seconds=seconds
    )
    wait_until(lambda: set(site.crew) == living(), "only the living are in the crew", seconds=30)


def every_run(site: Site) -> list:
    """Every run there is, also one whose answer was lost."""
    runs, total = list_pipelines(site.program, limit=200)
    assert len(runs) == total
    return runs


def retry_crashed(site: Site) -> int:
    """Retry, through the API, the documents that a kill hit three times in one phase; how many there were."""
    retried = 0
    for run in every_run(site):
        if any(entry.code == "crashed" for entry in get_progress(site.program, run.id).errors):
            answer = site.client.post(
                f"/v1/pipelines/{run.id}/retry", json={"code": "crashed"}
            ).raise_for_status()
            retried += answer.json()["retried"]
    calm_down(site, seconds=60)
    return retried
