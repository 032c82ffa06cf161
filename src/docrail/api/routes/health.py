"""Whether the program lives, and whether it can serve."""

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from docrail.api.auth import Acting
from docrail.usecases.health import is_ready

router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    """`ok` when all is well."""

    status: str = "ok"


@router.get("/live")
def live() -> Health:
    """The process answers."""
    return Health()


@router.get("/ready")
def ready(program: Acting) -> Health:
    """The database answers and has the tables of this version."""
    if not is_ready(program):
        raise HTTPException(503, "The database has the tables of another version: start docrail on it once.")
    return Health()
