"""The results of a pipeline: its documents' records as they come, or its composed records."""

from typing import Literal

from fastapi import APIRouter, Query

from docrail.api.auth import Acting
from docrail.api.ids import PathId
from docrail.api.pages import Page, PageQuery, Wanted
from docrail.api.result_bodies import ResultBody, TableRowBody, read_parts, show_result, show_table_row
from docrail.bootstrap import Program
from docrail.usecases import results
from docrail.usecases.cursors import cursor_number

router = APIRouter(prefix="/v1/pipelines", tags=["results"])


@router.get("/{pipeline_id}/results", response_model_exclude_unset=True)
def list_results(
    program: Acting,
    pipeline_id: PathId,
    wanted: PageQuery,
    view: Literal["documents", "composed"] = "documents",
    include: str = Query("", description="`cells`, `provenance` or both"),
    status: Literal["completed", "partial"] | None = None,
) -> Page[ResultBody] | Page[TableRowBody]:
    """Rows, also while the pipeline runs; held fields are null."""
    if view == "composed":
        return _composed(program, pipeline_id, wanted)
    parts = read_parts(include)
    total = results.count_results(program, pipeline_id, status=status)
    rows = results.list_results(
        program, pipeline_id, limit=wanted.fetch, after=wanted.after or "", status=status
    )
    return wanted.page(rows, total=total, show=lambda row: show_result(row, parts), key=lambda row: row.id)


def _composed(program: Program, pipeline_id: str, wanted: Wanted) -> Page[TableRowBody]:
    after = cursor_number(wanted.after, default=-1)
    rows, total = results.list_composed(program, pipeline_id, limit=wanted.fetch, after=after)
    return wanted.page(rows, total=total, show=show_table_row, key=lambda row: row.seq)
