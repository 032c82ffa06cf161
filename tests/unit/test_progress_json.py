"""Progress as JSON: exactly the keys of the contract."""

import json

from docrail.core.plan import PhaseType, Plan, PlannedPhase, Scope
from docrail.core.progress import Snapshot, summarise
from docrail.core.state import Position, State
from docrail.usecases.progress_json import progress_document, progress_to_json


def snapshot(**changes):
    phases = (
        PlannedPhase(id="extraction", name="Extraction", type=PhaseType.EXTRACTION, config={}),
        PlannedPhase(
            id="assembly", name="Assembly", type=PhaseType.ASSEMBLY, config={}, scope=Scope.PIPELINE
        ),
    )
    values = {
        "pipeline_id": "p",
        "plan": Plan(fields=(), phases=phases),
        "tally": {Position(0, State.RUNNING): 1, Position(1, State.PARTIAL): 2},
        "pipeline_phases": {"assembly": None},
        "cancelled": False,
        "held_fields": 3,
        "generation": 1,
        "revision": 118,
        "started_at": 1_763_892_000_000,
        "generation_at": 1_763_892_000_000,
        "settled": 0,
        "updated_at": 1_763_892_002_000,
        "finished_at": None,
    }
    return Snapshot(**(values | changes))


def test_the_keys_are_those_of_the_contract():
    body = progress_document(summarise(snapshot()))
    assert list(body) == [
        "pipelineId",
        "status",
        "totalDocuments",
        "completedDocuments",
        "errorDocuments",
        "phases",
        "errors",
        "errorsTotal",
        "errorsNextCursor",
        "errorGroups",
        "partialDocuments",
        "cancelledDocuments",
        "heldFields",
        "finalizationPending",
        "generation",
        "revision",
        "startedAt",
        "updatedAt",
        "finishedAt",
        "documentsPerSecond",
        "etaSeconds",
    ]
    assert body["startedAt"] == "2025-11-23T10:00:00.000Z"
    assert set(body["etaSeconds"]) == {"low", "high"}
    assert json.loads(progress_to_json(summarise(snapshot()))) == body


def test_scope_and_status_stand_only_on_pipeline_scoped_rows():
    document, pipeline = progress_document(summarise(snapshot()))["phases"]
    assert "scope" not in document and "status" not in document
    assert pipeline["scope"] == "pipeline"
    assert pipeline["status"] is None
