"""The extraction phase: fill the fields that have no cell yet from the words of the document."""

from collections.abc import Sequence
from difflib import get_close_matches

from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Cell, Issue, Provenance, Record, Value
from docrail.core.plan import PlannedPhase
from docrail.core.plan_check import EXTRACTORS
from docrail.core.spec import Field, FieldType
from docrail.models.protocol import Model, NoModel
from docrail.phases.extraction.asking import read_asking
from docrail.phases.extraction.assignment import Choice, assign
from docrail.phases.extraction.candidates import Reading, read_document
from docrail.phases.extraction.learned import LearnedField, blend, read_learned
from docrail.phases.extraction.scored import Scored
from docrail.phases.extraction.scoring import score_spans
from docrail.phases.extraction.tables import Rows, find_rows
from docrail.phases.extraction.values import value_of
from docrail.phases.extraction.wanted import Wanted, understand

AMBIGUOUS = 0.3
"""The doubt from which on a reading is a guess that somebody should know of."""


class Extraction:
    """`config`: `fields` (names to fill, default all), `extractor` (default `local`) and, for a model, `ask_below`,
    `model_input` and `without_model`."""

    def __init__(self, phase: PlannedPhase, fields: Sequence[Field]) -> None:
        problems = [*_check_extractor(phase), *_check_names(phase, fields)]
        if problems:
            raise InvalidInput(f"phase '{phase.name}' cannot extract", tuple(problems))
        names = _names(phase.config.get("fields")) or [field.name for field in fields]
        self._phase = phase
        self._fields = tuple(field for field in fields if field.name in names)
        self._learned = read_learned(phase.config.get("known"))
        self._asking = read_asking(phase.config)
        self._model: Model = NoModel()

    def use(self, model: Model) -> None:
        """Ask this model."""
        self._model = model

    def run(self, record: Record) -> Record:
        """`record` with a cell for each field that has none yet and whose value was found."""
        filled = record.current
        missing = [field for field in self._fields if field.name not in filled]
        if not missing:
            return record
        cells, issues = self._find(record, missing)
        if self._asking is not None:
            cells, said = self._asking.complete(record, missing, cells, self._model, phase=self._phase.id)
            issues = [*issues, *said]
        order = {field.name: at for at, field in enumerate(self._fields)}
        return record.adding(cells=sorted(cells, key=lambda cell: order[cell.field]), issues=issues)

    def _find(self, record: Record, missing: Sequence[Field]) -> tuple[list[Cell], list[Issue]]:
        """What the document says by itself, without a model."""
        reading = read_document(record.layout)
        wanted = [
            understand(field) for field in missing if field.type not in (FieldType.ARRAY, FieldType.OBJECT)
        ]
        labels = frozenset(label for one in wanted for label, _ in one.labels if label)
        choices = assign({one.field.name: (one, self._score(reading, one, labels)) for one in wanted})
        cells = [self._make_cell(choice) for choice in choices]
        for field in missing:
            rows = find_rows(reading, field) if field.items else None
            if rows is not None:
                cells.append(_make_rows_cell(field, rows, phase=self._phase.id))
        issues = [_ambiguity(choice) for choice in choices if choice.best.span.found.doubt >= AMBIGUOUS]
        return cells, issues

    def _score(self, reading: Reading, wanted: Wanted, labels: frozenset[str]) -> list[Scored]:
        learned = self._learned.get(wanted.field.name)
        scored = score_spans(reading, wanted, labels=labels, wide=learned is not None)
        return blend(reading, wanted, scored, learned) if learned else scored

    def _make_cell(self, choice: Choice) -> Cell:
        learned = self._learned.get(choice.wanted.field.name)
        return make_cell(choice, phase=self._phase.id, learned=learned)


def _ambiguity(choice: Choice) -> Issue:
    message = f"'{choice.wanted.field.name}' can be read in two ways and nothing in the document settles it"
    return Issue(code="ambiguous_date", message=f"{message}: {choice.best.span.found.note}")


def make_cell(choice: Choice, *, phase: str, learned: LearnedField | None) -> Cell:
    """The cell of a choice, with where its value stands and why it was chosen."""
    span, found = choice.best.span, choice.best.span.found
    notes = [choice.best.because, *([found.note] if found.note else [])]
    return Cell(
        field=choice.wanted.field.name,
        value=value_of(found, choice.wanted),
        confidence=_confidence(choice, learned),
        phase=phase,
        provenance=Provenance(
            method="learned" if learned else "zero_shot",
            text=found.text,
            page=span.segment.page,
            box=span.box,
            address=span.address,
            detail="; ".join(notes),
        ),
    )


def _confidence(choice: Choice, learned: LearnedField | None) -> float:
    if learned is None or learned.certainty is None:
        return choice.confidence
    sure = learned.certainty.of(choice.score, choice.margin)
    return round(sure * (1 - choice.best.span.found.doubt), 3)


def _make_rows_cell(field: Field, rows: Rows, *, phase: str) -> Cell:
    return Cell(
        field=field.name,
        value=rows.values,
        confidence=rows.confidence,
        phase=phase,
        provenance=Provenance(
            method="zero_shot",
            text=rows.text,
            page=rows.page,
            box=rows.box,
            address=rows.address,
            detail=f'rows under "{rows.header}"',
        ),
    )


def _names(value: Value) -> list[str]:
    return [str(name) for name in value] if isinstance(value, Sequence) and not isinstance(value, str) else []


def _check_extractor(phase: PlannedPhase) -> list[Problem]:
    name = phase.config.get("extractor", "local")
    if name in EXTRACTORS:
        return []
    return [
        Problem(
            path=f"{phase.name}.extractor", message=f"no extractor '{name}'; there is {', '.join(EXTRACTORS)}"
        )
    ]


def _check_names(phase: PlannedPhase, fields: Sequence[Field]) -> list[Problem]:
    known = [field.name for field in fields]
    problems = []
    for name in _names(phase.config.get("fields")):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            problems.append(Problem(path=f"{phase.name}.fields", message=f"no field '{name}'{hint}"))
    return problems
