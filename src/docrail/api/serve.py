"""Serve HTTP, with a worker process of our own beside it in the embedded mode."""

import ipaddress
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from socket import socket
from types import FrameType

import anyio
import structlog
import uvicorn

from docrail.api.app import Pages, create_app
from docrail.api.protocol import Patient
from docrail.api.traffic import Traffic
from docrail.bootstrap import Program, open_program
from docrail.config import Settings
from docrail.core.errors import InvalidInput
from docrail.usecases.keys import is_guarded

WORKER = (sys.executable, "-P", "-m", "docrail.cli.worker_main")
STOP_SECONDS = 15.0
RESTART_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
LONG_LIFE_SECONDS = 60.0
log = structlog.get_logger()


def serve(settings: Settings, *, pages: Pages | None = None) -> None:
    """Serve until SIGTERM or SIGINT, with `pages` before the API.

    Raises InvalidInput for an open address while no key exists.
    """
    with open_program(settings) as program:
        check_address(program)
        app = create_app(program, pages=pages)
        config = uvicorn.Config(
            app,
            http=Patient,
            ws="none",
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=settings.stop_seconds,
        )
        with worker_process(settings) if settings.embedded else nullcontext():
            _run(Server(config, app))


class Server(uvicorn.Server):
    """Told to stop, it lets those who only wait or look go at once, and finishes what it holds."""

    def __init__(self, config: uvicorn.Config, app: Traffic) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self._app.state.watcher.stop()
        await anyio.to_thread.run_sync(self._app.state.window.close)
        await super().shutdown(sockets)


def _run(server: uvicorn.Server) -> None:
    """Serve until a signal; uvicorn raises it once more when it has stopped, which must not end us halfway."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    server.run()


def check_address(program: Program) -> None:
    """Raises InvalidInput if others than this machine could reach a server that nobody has a key for."""
    host = program.settings.host
    if not _is_loopback(host) and not is_guarded(program):
        raise InvalidInput(
            f"no key exists yet, so docrail does not listen on {host}: make one first with "
            "`docrail keys create --scope read --scope write`, or serve on 127.0.0.1"
        )


@contextmanager
def worker_process(settings: Settings) -> Iterator[None]:
    """A worker process that is there as long as the block runs: it is started again whenever it dies."""
    stop = threading.Event()
    keeper = threading.Thread(target=_keep, args=(_environment(settings), stop), name="worker-keeper")
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _keep(environment: Mapping[str, str], stop: threading.Event) -> None:
    deaths = 0
    while not stop.is_set():
        with subprocess.Popen(WORKER, stdin=subprocess.PIPE, env=dict(environment)) as worker:
            lived = _watch(worker, stop)
        if stop.is_set():
            return
        deaths = 0 if lived > LONG_LIFE_SECONDS else deaths + 1
        log.error("worker_died", code=worker.returncode, deaths=deaths)
        stop.wait(RESTART_SECONDS[min(deaths, len(RESTART_SECONDS)) - 1] if deaths else 0)


def _watch(worker: "subprocess.Popen[bytes]", stop: threading.Event) -> float:
    """Wait until the worker dies or is to stop, and stop it then; how long it lived, in seconds."""
    lived = 0.0
    while worker.poll() is None and not stop.wait(0.25):
        lived += 0.25
    if worker.poll() is None:
        worker.terminate()
        try:
            worker.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
    return lived


def _environment(settings: Settings) -> dict[str, str]:
    """Ours, with every setting as the server has it."""
    given = {f"DOCRAIL_{each.name.upper()}": str(getattr(settings, each.name)) for each in fields(settings)}
    return {**os.environ, **given, "DOCRAIL_HOME": str(settings.home_path)}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
