"""What is confirmed is learned once, in versions, and a run keeps the version it began with."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from docrail.bootstrap import Program
from docrail.core.spec import Field, Spec, Stage
from docrail.learning import train_model
from docrail.store.confirmations import read_confirmed
from docrail.store.database import Database
from docrail.store.keys import workspace_id
from docrail.store.knowledge import read_knowledge
from docrail.store.models import add_model, newest_model
from docrail.store.runs import read_run
from docrail.store.specs import add_spec
from docrail.usecases.learn import learn
from docrail.usecases.models import known_of
from docrail.usecases.pipelines import create_pipeline

SPEC = Spec(name="notes", fields=(Field(name="job", format="name"),), rail=(Stage(type="schema"),))
NAMES = ("Ada", "Bo", "Cleo", "Dirk", "Eve", "Finn", "Gus", "Hans")


def write_truth(folder: Path, names: tuple[str, ...]) -> Path:
    lines = []
    for name in names:
        (folder / f"{name}.txt").write_text(f"Quarterly note\nKeeper    Nobody\nWarden    {name} Stone\n")
        lines.append(json.dumps({"document": f"{name}.txt", "fields": {"job": f"{name} Stone"}}))
    truth = folder / "truth.jsonl"
    truth.write_text("\n".join(lines))
    return truth


def test_truth_is_learned_and_a_run_keeps_the_version_it_began_with(program: Program, tmp_path: Path) -> None:
    program.engine.prepare()
    too_little = learn(program, SPEC, write_truth(tmp_path, NAMES[:4]))
    assert too_little.model is None
    first = learn(program, SPEC, write_truth(tmp_path, NAMES[:6]))
    assert first.model is not None
    assert (first.model.version, first.model.documents, first.model.fields) == (1, 6, {"job": 6})
    run = _start(program, first.model.spec_id)
    second = learn(program, SPEC, write_truth(tmp_path, NAMES))
    assert second.model is not None
    assert (second.model.version, second.model.documents) == (2, 8)
    later = _start(program, first.model.spec_id)
    assert (_frozen(program, run), _frozen(program, later)) == (
        first.model.knowledge,
        second.model.knowledge,
    )
    assert train_model(program.database, program.blobs, first.model.spec_id) is None
    known = known_of(program, "notes")
    assert known is not None
    assert known["fields"]["job"]["documents"] == 8


def _start(program: Program, spec_id: str) -> str:
    with program.database.reading() as connection:
        confirmed = read_confirmed(connection, workspace_id=program.workspace, spec_id=spec_id)
    return create_pipeline(program, spec_id=spec_id, document_ids=[confirmed[0].document_id]).id


def _frozen(program: Program, run_id: str) -> str:
    with program.database.reading() as connection:
        plan = read_run(connection, run_id).plan
        (digest,) = read_knowledge(connection, plan)
    return digest


def test_a_model_of_older_confirmations_never_becomes_the_newest(
    databases: Callable[[], AbstractContextManager[Database]],
) -> None:
    with databases() as database, database.writing() as connection:
        home = workspace_id(connection)
        spec = add_spec(connection, workspace_id=home, name="bills", digest="0" * 64, content="{}", at=1)
        said = {"workspace_id": home, "spec_id": spec.id, "documents": 5, "fields": {"a": 5}, "curve": []}
        assert newest_model(connection, spec.id) is None
        made = add_model(connection, {"fields": {}}, **said, last_confirmation="b", at=2)
        late = add_model(connection, {"fields": {"a": 1}}, **said, last_confirmation="a", at=3)
        newest = add_model(connection, {"fields": {}}, **said, last_confirmation="c", at=4)
        assert made is not None
        assert newest is not None
        assert (made.version, late, newest.version) == (1, None, 2)
        assert newest.knowledge == made.knowledge
