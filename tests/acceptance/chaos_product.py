"""What a run of the chaos harness came to, with file names for ids: the same for every run over the same documents."""

import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, text

from docrail.bootstrap import Program, open_program
from docrail.config import Settings
from docrail.core.state import TERMINAL
from docrail.usecases.exports import export_pipeline
from docrail.usecases.pipelines import audit_progress, get_progress, list_pipelines

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
OF_A_DOCUMENT = "JOIN run_documents r ON r.id = x.run_document_id JOIN documents d ON d.id = r.document_id"
QUERIES = (
    "SELECT 'document', d.filename, r.state, r.phase, r.attempts, r.held FROM run_documents r"
    " JOIN documents d ON d.id = r.document_id WHERE r.run_id = :run",
    "SELECT 'cell', d.filename, x.seq, x.field, x.value, x.confidence, x.status, x.phase, x.hold_reason, x.provenance"
    f" FROM cells x {OF_A_DOCUMENT} WHERE r.run_id = :run",
    f"SELECT 'verdict', d.filename, x.seq, x.phase, x.body FROM verdicts x {OF_A_DOCUMENT} WHERE r.run_id = :run",
    f"SELECT 'issue', d.filename, x.seq, x.body FROM issues x {OF_A_DOCUMENT} WHERE r.run_id = :run",
    "SELECT 'error', d.filename, x.phase, x.code, x.message, x.attempts FROM errors x"
    f" {OF_A_DOCUMENT} WHERE r.run_id = :run",
    "SELECT 'composed', x.seq, x.body FROM composed x WHERE x.run_id = :run",
)
SHOWN = 5


def product_of(program: Program, run: str) -> dict[str, list[str]]:
    """The rows of a run in the database, and both exports, line by line."""
    with program.database.reading() as connection:
        names = _names(connection)
        rows = [str(tuple(row)) for query in QUERIES for row in connection.execute(text(query), {"run": run})]
    made = {"rows": sorted(UUID.sub(lambda found: names.get(found[0], "?"), row) for row in rows)}
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("plain", "audit"):
            target = Path(folder) / f"{kind}.csv"
            export_pipeline(program, run, target, kind=kind)
            exported = target.read_bytes().decode()
            made[kind] = UUID.sub(lambda found: names.get(found[0], "?"), exported).splitlines(keepends=True)
    return made


def product_of_home(home: Path) -> dict[str, list[str]]:
    """The product of the one run of a home folder."""
    with open_program(Settings(home=str(home))) as program:
        (run,), _ = list_pipelines(program)
        return product_of(program, run.id)


def _names(connection: Connection) -> dict[str, str]:
    """What stands for the ids of documents: their file names."""
    return {row.id: row.filename for row in connection.execute(text("SELECT id, filename FROM documents"))}


def wrong_with(program: Program, run: str, expected: dict[str, list[str]]) -> list[str]:
    """Everything about an ended run that is not as it must be."""
    progress = get_progress(program, run)
    found = [] if progress.status.value == "completed" else [f"the run is {progress.status}"]
    found += [f"audit: {line}" for line in audit_progress(program, run)]
    found += _unended(program, run)
    found += _misnumbered(program, run)
    made = product_of(program, run)
    for name, lines in expected.items():
        found += _differences(name, made[name], lines)
    return found


def _unended(program: Program, run: str) -> list[str]:
    """Documents that have not ended, or that are in the run twice."""
    with program.database.reading() as connection:
        query = text("SELECT document_id, state, completed_at FROM run_documents WHERE run_id = :run")
        rows = list(connection.execute(query, {"run": run}))
    ended = {state.value for state in TERMINAL}
    found = [
        f"{row.document_id} is {row.state}" for row in rows if row.state not in ended or not row.completed_at
    ]
    twice = [each for each, n in Counter(row.document_id for row in rows).items() if n > 1]
    return found + [f"{each} is in the run twice" for each in twice]


def _misnumbered(program: Program, run: str) -> list[str]:
    """Documents whose cells, verdicts or issues have a gap: a phase that took effect in part, or twice."""
    found = []
    with program.database.reading() as connection:
        for name in ("cells", "verdicts", "issues"):
            query = text(
                f"SELECT x.run_document_id, max(x.seq) AS last, count(*) AS n FROM {name} x"
                " JOIN run_documents r ON r.id = x.run_document_id WHERE r.run_id = :run"
                " GROUP BY x.run_document_id HAVING max(x.seq) + 1 <> count(*) OR min(x.seq) <> 0"
            )
            found += [
                f"{name} of {row[0]}: {row.n}, the last is {row.last}"
                for row in connection.execute(query, {"run": run})
            ]
    return found


def _differences(name: str, made: Sequence[str], expected: Sequence[str]) -> list[str]:
    if made == expected:
        return []
    more, less = Counter(made) - Counter(expected), Counter(expected) - Counter(made)
    found = [f"{name} + {line}" for line in list(more)[:SHOWN]] + [
        f"{name} - {line}" for line in list(less)[:SHOWN]
    ]
    return found or [f"{name}: the same lines in another order"]
