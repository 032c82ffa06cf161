"""What was learned of a spec, for those who look at it or try it."""

from collections.abc import Mapping
from typing import Any

from docrail.bootstrap import Program
from docrail.store.models import newest_of_name


def known_of(program: Program, spec_name: str) -> Mapping[str, Any] | None:
    """What extraction knows now of the spec of that name; None if it was taught nothing."""
    with program.database.reading() as connection:
        return newest_of_name(connection, spec_name, workspace_id=program.workspace)
