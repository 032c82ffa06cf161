"""One browser for all tests of a process; a home with a small run for each that asks for it."""

import pytest

from tests.browser.stage import chromium, serving


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def url(home):
    with serving(home) as url:
        yield url
