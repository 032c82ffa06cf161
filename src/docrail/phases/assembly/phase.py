"""Assembly: compose records out of the documents of a run, once they are all done."""

from collections.abc import Sequence

from docrail.core.compose import Composed, compose, read_assembly
from docrail.core.model import Record
from docrail.core.plan import PlannedPhase
from docrail.core.spec import Field


class Assembly:
    """A phase of the pipeline, whose config is `{"grouping_field", "anchor_field"?, "order_field"?, …}`."""

    def __init__(self, phase: PlannedPhase, fields: Sequence[Field]) -> None:
        self._config = read_assembly(phase.config)
        self._fields = tuple(fields)

    def run(self, records: Sequence[Record]) -> Sequence[Composed]:
        """One composed record for each group of `records`."""
        return compose(records, self._config, self._fields)
