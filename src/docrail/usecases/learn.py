"""Teach a spec from a file of truth: keep the documents, confirm their values, train at once."""

from dataclasses import dataclass
from pathlib import Path

from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput, Problem
from docrail.core.spec import Spec
from docrail.learning import train_model
from docrail.store.clock import read_clock
from docrail.store.confirmations import confirm
from docrail.store.models import StoredModel, list_models
from docrail.usecases.intake import add_paths
from docrail.usecases.registry import learn_anchors
from docrail.usecases.spec_versions import save_spec
from docrail.usecases.truth import files_beside, read_truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What was taught: so many documents and values; the model of the spec now, None while too little is confirmed."""

    documents: int
    values: int
    model: StoredModel | None
    is_new: bool


def learn(program: Program, spec: Spec, truth: Path) -> Lesson:
    """Confirm what a truth file says of its documents, and learn from all that is confirmed of the spec.

    The same truth again changes nothing that is learned. Raises InvalidInput for lines that cannot be used.
    """
    matched = files_beside(read_truth(truth, spec.fields), truth)
    kept = save_spec(program, spec)
    ids: list[str | None] = []
    problems = []
    for line, file in matched:
        admission = next(iter(add_paths(program, [file])))
        ids.append(admission.document.id if admission.document else None)
        if admission.document is None:
            problems.append(
                Problem(path=f"line {line.line}", message=f"{file}: {admission.reason}", line=line.line)
            )
    if problems:
        raise InvalidInput(f"{truth} names files that are refused", tuple(problems))
    with program.database.writing() as connection:
        at = read_clock(connection)
        for (line, _), document_id in zip(matched, ids, strict=True):
            assert document_id is not None  # all are kept, else we are not here
            confirm(
                connection,
                workspace_id=program.workspace,
                spec_id=kept.id,
                document_id=document_id,
                values=line.fields,
                source="truth",
                at=at,
            )
    made = train_model(program.database, program.blobs, kept.id, reader=program.reader)
    learn_anchors(program, kept.id)
    models = list_learned(program, kept.id)
    return Lesson(
        documents=len(matched),
        values=sum(len(line.fields) for line, _ in matched),
        model=models[0] if models else None,
        is_new=made is not None,
    )


def list_learned(program: Program, spec_id: str) -> list[StoredModel]:
    """Every version of what was learned of a spec, newest first."""
    with program.database.reading() as connection:
        return list_models(connection, spec_id)
