"""Files and a spec in one go: keep both, start a run over them, and tell what became of a run of one document."""

from collections.abc import Sequence
from dataclasses import dataclass

from docrail.bootstrap import Program
from docrail.core.errors import DocumentError, InvalidInput, Problem
from docrail.store.runs import Run
from docrail.usecases.intake import Admission, add_arrived
from docrail.usecases.opening import Arrived
from docrail.usecases.pipelines import create_pipeline, list_pipeline_documents
from docrail.usecases.results import ResultRow, list_results
from docrail.usecases.spec_text import save_spec_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: a spec as text or by its id, over files that arrived or a document that is kept."""

    spec: str | None = None
    spec_id: str | None = None
    files: Sequence[Arrived] = ()
    document_id: str | None = None
    name: str | None = None
    batch_id: str | None = None


def begin(program: Program, wanted: Wanted, *, alone: bool = False) -> tuple[Run, list[Admission]]:
    """The run over what was given, and what became of each file; `alone`: of one document.

    Raises InvalidInput for a spec with problems, and when no document is left to run.
    """
    _check(wanted)
    # The spec first: files are not kept for a spec that is none.
    spec_id = wanted.spec_id or save_spec_text(program, wanted.spec or "", origin="spec").id
    admissions = list(add_arrived(program, list(wanted.files), batch_id=wanted.batch_id))
    given = [wanted.document_id] if wanted.document_id else []
    ids = dict.fromkeys([*given, *(each.document.id for each in admissions if each.document)])
    if not ids:
        raise InvalidInput("no file could be kept", tuple(_refusals(admissions)))
    if alone and len(ids) > 1:
        problem = Problem(path="files", message=f"these are {len(ids)} documents: POST /v1/run takes many")
        raise InvalidInput("one document at a time", (problem,))
    return create_pipeline(program, spec_id=spec_id, document_ids=list(ids), name=wanted.name), admissions


def outcome(program: Program, run_id: str) -> ResultRow | None:
    """The record of a run of one document; None while there is none yet.

    Raises NotFound, and DocumentError with the document's own code and message if it ended in error.
    """
    rows = list_results(program, run_id, limit=1)
    if rows:
        return rows[0]
    documents, _ = list_pipeline_documents(program, run_id, limit=1)
    document = documents[0]
    if document.error_code is not None:
        raise DocumentError(document.error_message or document.error_code, code=document.error_code)
    if document.status == "cancelled":
        raise DocumentError("The pipeline was cancelled before the document was done.", code="cancelled")
    return None


def _check(wanted: Wanted) -> None:
    problems = []
    if (wanted.spec is None) == (wanted.spec_id is None):
        problems.append(
            Problem(path="schema", message="give `schema` (a spec or JSON Schema) or `schema_id`")
        )
    if bool(wanted.files) == (wanted.document_id is not None):
        problems.append(Problem(path="files", message="give a file or a `document_id`"))
    if problems:
        raise InvalidInput("this cannot be run", tuple(problems))


def _refusals(admissions: Sequence[Admission]) -> list[Problem]:
    return [
        Problem(path=f"files[{number}]", message=f"{each.filename}: {each.reason}")
        for number, each in enumerate(admissions)
    ]
