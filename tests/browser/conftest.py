"""One browser and one server for all tests of a process; each test makes runs of its own."""

import pytest

from tests.browser.stage import chromium, serving


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def url(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("browser") / "home") as url:
        yield url
