"""Learn what people confirmed: a new version of a spec's model, of which runs that begin later make use."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy import Connection

from docrail.core.errors import DocumentError
from docrail.core.knowledge import name_knowledge
from docrail.core.model import Layout, Value
from docrail.core.plan import PhaseType, Plan
from docrail.core.plan_json import spec_from_json
from docrail.core.spec import Field
from docrail.phases.extraction.learned import learned_to_json
from docrail.phases.extraction.training import Vocabulary, collect
from docrail.reading.sandbox import Reader
from docrail.store.blobs import Blobs
from docrail.store.clock import read_clock
from docrail.store.confirmations import read_confirmed
from docrail.store.database import Database
from docrail.store.models import (
    LEAST_DOCUMENTS,
    TRAIN,
    StoredModel,
    add_model,
    newest_confirmation,
    newest_model,
)
from docrail.store.specs import read_spec, workspace_of
from docrail.workflow import Parts

log = structlog.get_logger()


def train_model(
    database: Database, blobs: Blobs, spec_id: str, *, reader: Reader | None = None
) -> StoredModel | None:
    """Learn all that is confirmed of a spec, as its next version; None if there is nothing new or too little.

    A document whose layout is not kept is read with `reader`, and left out without one.
    """
    with database.reading() as connection:
        last = newest_confirmation(connection, spec_id)
        before = newest_model(connection, spec_id)
        if last is None or (before is not None and before.last_confirmation >= last):
            return None
        workspace = workspace_of(connection, spec_id)
        fields = spec_from_json(read_spec(connection, spec_id, workspace_id=workspace).content).fields
        truth = _truth(connection, workspace=workspace, spec_id=spec_id)
    if len(truth) < LEAST_DOCUMENTS:
        return None
    made = teach_layouts(
        ((_layout(blobs, digest, reader), values) for digest, values in truth.items()), fields
    )
    if not made.fields:
        return None
    from docrail.phases.extraction.teaching import curve_to_json  # noqa: PLC0415  # imports scikit-learn

    with database.writing() as connection:
        return add_model(
            connection,
            learned_to_json(made.fields),
            workspace_id=workspace,
            spec_id=spec_id,
            documents=made.documents,
            fields={name: field.documents for name, field in made.fields.items()},
            curve=curve_to_json(made.curve),
            last_confirmation=last,
            at=read_clock(connection),
        )


def teach_layouts(documents: Any, fields: tuple[Field, ...]) -> Any:
    """What layouts with their confirmed values teach (`Taught`); those that are None are left out."""
    from docrail.phases.extraction.teaching import teach  # noqa: PLC0415  # imports scikit-learn

    vocabulary = Vocabulary()
    examples = [
        collect(layout, fields, truth, vocabulary) for layout, truth in documents if layout is not None
    ]
    return teach(examples, vocabulary)


def freeze_model(connection: Connection, plan: Plan, *, spec_id: str) -> Plan:
    """`plan` with what was learned last of its spec for its extraction; as it is if nothing was."""
    model = newest_model(connection, spec_id)
    return plan if model is None else name_knowledge(plan, {PhaseType.EXTRACTION: model.knowledge})


def learning_tasks(parts: Parts) -> dict[str, Callable[[str], None]]:
    """What the durable engine is given to run after confirmations, by name."""

    def train(spec_id: str) -> None:
        while (made := train_model(parts.database, parts.blobs, spec_id)) is not None:
            log.info("model_trained", spec=spec_id, version=made.version, documents=made.documents)

    return {TRAIN: train}


def _truth(connection: Connection, *, workspace: str, spec_id: str) -> dict[str, Mapping[str, Value]]:
    """The confirmed values of each document (by digest), oldest first."""
    truth: dict[str, dict[str, Value]] = {}
    for each in read_confirmed(connection, workspace_id=workspace, spec_id=spec_id):
        truth.setdefault(each.digest, {})[each.field] = each.value
    return dict(truth)


def _layout(blobs: Blobs, digest: str, reader: Reader | None) -> Layout | None:
    layout = blobs.read_layout(digest)
    if layout is not None or reader is None:
        return layout
    try:
        layout = reader.read(blobs.path(digest), filename=digest)
    except DocumentError as error:
        log.warning("confirmed_document_unreadable", digest=digest, reason=error.message)
        return None
    blobs.keep_layout(digest, layout)
    return layout
