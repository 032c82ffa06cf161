"""Which fields the model is asked for, and what stands when it cannot be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from docrail.core.errors import PhaseError
from docrail.core.model import Cell, Issue, Record, Value
from docrail.core.spec import Field
from docrail.models.protocol import Model
from docrail.phases.extraction.modelled import ask_fields, weigh
from docrail.phases.extraction.suspicion import speaks_to_model

ASK_BELOW = 0.6
"""A local value less sure than this is uncertain: the model is asked for it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a stage wants the model asked: for `every` field or those found with less confidence than `ask_below`."""

    every: bool
    ask_below: float
    vision: bool
    local_stands: bool

    def complete(
        self, record: Record, missing: Sequence[Field], local: Sequence[Cell], model: Model, *, phase: str
    ) -> tuple[list[Cell], list[Issue]]:
        """The cells of all fields, local ones or the model's, and what a reader should know.

        Raises PhaseError if the model cannot be asked, unless the local values stand.
        """
        found = {cell.field: cell for cell in local}
        wanted = [field for field in missing if self._is_wanted(found.get(field.name))]
        if not wanted:
            return list(local), []
        try:
            asked = ask_fields(record, wanted, model, vision=self.vision)
        except PhaseError as error:
            if not self.local_stands:
                raise
            message = f"The model was not asked and the local values stand: {error.message}"
            return list(local), [Issue(code="model_not_asked", message=message)]
        weighed = {name: replace(weigh(found.get(name), cell), phase=phase) for name, cell in asked.items()}
        kept = {} if self.every else found
        return list(({**found, **weighed} if not self.every else {**kept, **weighed}).values()), _issues(
            record
        )

    def _is_wanted(self, local: Cell | None) -> bool:
        return self.every or local is None or local.confidence < self.ask_below


def read_asking(options: Mapping[str, Value]) -> Asking | None:
    """What a checked stage says; None for the local extractor alone."""
    extractor = options.get("extractor", "local")
    if extractor == "local":
        return None
    below = options.get("ask_below", ASK_BELOW)
    return Asking(
        every=extractor == "model",
        ask_below=float(below) if isinstance(below, int | float) else ASK_BELOW,
        vision=options.get("model_input") == "vision",
        local_stands=options.get("without_model") == "local",
    )


def _issues(record: Record) -> list[Issue]:
    if not speaks_to_model(record.layout):
        return []
    message = "The document holds what reads like instructions to a model: what the model says of it is held."
    return [Issue(code="instructions_in_document", message=message)]
