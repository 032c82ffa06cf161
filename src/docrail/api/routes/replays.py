"""Gates of a run with another severity."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from docrail.api.asked import Asked
from docrail.api.auth import Acting
from docrail.api.ids import PathId, Text
from docrail.usecases.replay import Changed, replay_gate

router = APIRouter(tags=["pipelines"])


class ReplayRequest(Asked):
    """The gate by its name, and the severity it is to have; with `dry_run: false` what it would hold is held."""

    gate: Text
    severity: Literal["info", "warning", "blocking"] = "blocking"
    dry_run: bool = True


class ChangedBody(BaseModel):
    """A document that the gate would treat otherwise: the fields it would hold, with the reasons, or let go."""

    pipeline_document_id: str
    filename: str
    held: dict[str, str]
    released: list[str]


class ReplayBody(BaseModel):
    """What the severity changes: `held` and `released` count documents by field; `examples` are the first hundred."""

    gate: str
    severity: str
    documents: int
    held: dict[str, int]
    released: dict[str, int]
    examples: list[ChangedBody]
    applied: bool


@router.post("/v1/pipelines/{pipeline_id}/replay")
def replay(program: Acting, pipeline_id: PathId, wanted: ReplayRequest) -> ReplayBody:
    """What a gate would hold with another severity, from the verdicts kept: nothing runs again."""
    done = replay_gate(program, pipeline_id, wanted.gate, severity=wanted.severity, apply=not wanted.dry_run)
    return ReplayBody(
        gate=done.gate,
        severity=done.severity.value,
        documents=done.documents,
        held=dict(done.held),
        released=dict(done.released),
        examples=[_changed(each) for each in done.examples],
        applied=done.applied,
    )


def _changed(each: Changed) -> ChangedBody:
    return ChangedBody(
        pipeline_document_id=each.pipeline_document_id,
        filename=each.filename,
        held=dict(each.held),
        released=list(each.released),
    )
