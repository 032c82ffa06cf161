"""A real server on a free port over a real home folder, and a client with a key."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx
import pytest
import uvicorn

from docrail.api.app import create_app
from docrail.bootstrap import open_program
from docrail.config import Settings
from docrail.store.keys import add_workspace
from docrail.usecases.keys import create_key

SPEC = """
name: Notes
fields:
  number: {type: string, synonyms: [Invoice No]}
  total: {type: number, format: money}
rail:
  - {type: schema}
"""


@contextmanager
def running(program, **more):
    config = uvicorn.Config(
        create_app(program, **more), port=0, log_level="error", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class Api:
    program: object
    url: str

    def secret(self, *scopes, workspace=None, **more):
        program = self.program
        if workspace is not None:
            with program.database.writing() as connection:
                program = replace(program, workspace=add_workspace(connection, workspace))
        return create_key(program, scopes=scopes or ("read", "write", "admin"), **more).secret

    def client(self, secret=None):
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)


@pytest.fixture
def program(tmp_path):
    """A program whose engine takes tasks; nothing works on them. Files over 1 MB are refused."""
    with open_program(Settings(home=str(tmp_path / "home"), max_file_mb=1)) as program:
        yield program


@pytest.fixture
def api(program):
    with running(program) as url:
        yield Api(program, url)


@pytest.fixture
def client(api):
    with api.client(api.secret()) as client:
        yield client


@pytest.fixture
def make_document(client):
    """The id of a document with this text."""

    def make(text, filename="note.txt"):
        answer = client.post("/v1/documents", files={"files": (filename, text.encode())})
        return answer.json()["data"][0]["id"]

    return make


@pytest.fixture
def make_spec(client):
    def make(text=SPEC):
        return client.post("/v1/specs", content=text).json()["id"]

    return make


@pytest.fixture
def make_pipeline(client, make_spec, make_document):
    """The id of a pipeline over one document for each text; no worker takes it up."""

    def make(*texts):
        ids = [make_document(text) for text in texts or ("Invoice No 7",)]
        return client.post("/v1/pipelines", json={"schema_id": make_spec(), "document_ids": ids}).json()["id"]

    return make
