"""The real server and Debian's browser, for the tests of the page and for its pictures."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from docrail.bootstrap import open_program
from docrail.config import Settings
from docrail.usecases.keys import create_key

DOCRAIL = str(Path(sys.executable).parent / "docrail")
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def serving(home, **settings):
    """The address of a docrail that serves `home`."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    said = {f"DOCRAIL_{name.upper()}": str(value) for name, value in settings.items()}
    environment = {**os.environ, "DOCRAIL_HOME": str(home), **said}
    command = [DOCRAIL, "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(lambda: is_ready(url, process), seconds=60)
            yield url
        finally:
            process.terminate()
            process.communicate(timeout=30)


def is_ready(url, process):
    assert process.poll() is None, process.stderr.read().decode()
    try:
        return httpx.get(f"{url}/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def wait_for(condition, *, seconds):
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)
    return found


@contextmanager
def chromium():
    """Debian's Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def looking(browser, url, **options):
    """A page of its own browser; what goes wrong in it, or is loaded from elsewhere, is an error at the end."""
    wrong = []
    context = browser.new_context(base_url=url, reduced_motion="reduce", **options)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on(
        "request", lambda asked: None if asked.url.startswith(url) else wrong.append(f"left us: {asked.url}")
    )
    try:
        yield page
        assert not wrong, wrong
    finally:
        context.close()


def make_key(home, name, *scopes):
    with open_program(Settings(home=str(home))) as program:
        return create_key(program, name=name, scopes=scopes).secret
