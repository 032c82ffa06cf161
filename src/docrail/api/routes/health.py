"""Whether the program lives, and whether it can serve."""

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from docrail.api.auth import Acting
from docrail.usecases.health import list_missing

router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    """`ok` when all is well."""

    status: str = "ok"


@router.get("/live")
async def live() -> Health:
    """The process answers."""
    return Health()


@router.get("/ready")
def ready(program: Acting) -> Health:
    """The database answers and has the tables of this version, and there is room for documents."""
    missing = list_missing(program)
    if missing:
        raise HTTPException(503, " ".join(missing))
    return Health()
