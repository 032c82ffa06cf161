"""`docrail review work`: one held field after the other, decided with single keys."""

import sys
from collections.abc import Callable

import typer
from rich.console import Console

from docrail.bootstrap import Program
from docrail.cli.review_card import CANDIDATES, show_card
from docrail.core.errors import Conflict, InvalidInput
from docrail.core.review import Action
from docrail.store.reviews import HeldField, Wanted
from docrail.usecases.decide import Answer, Decided, resolve
from docrail.usecases.reviews import claim_reviews, get_review, list_reviews, release_reviews

KEYS = "a approve · c correct · o override · 1-9 take a candidate · s skip · u undo the last · q quit"


def work_through(program: Program, console: Console, wanted: Wanted, *, reviewer: str) -> int:
    """Show fields one by one and do what the keys say, until none is left or `q`; how many were decided."""
    return _Session(program, console, wanted, reviewer).run()


class _Session:
    def __init__(self, program: Program, console: Console, wanted: Wanted, reviewer: str) -> None:
        self._program, self._console, self._wanted, self._reviewer = program, console, wanted, reviewer
        self._last: Decided | None = None
        self._count = 0
        self._after = ""

    def run(self) -> int:
        self._console.print(KEYS, style="dim", highlight=False)
        while (held := self._next()) is not None:
            key = (held.run_document_id, held.field)
            try:
                go_on = self._ask(held)
            finally:
                release_reviews(self._program, self._reviewer, [key])
            if not go_on:
                break
        return self._count

    def _next(self) -> HeldField | None:
        """The next field that is free, claimed so that nobody else decides on it."""
        rows, _ = list_reviews(
            self._program, self._wanted, limit=1, after=self._after, free_for=self._reviewer
        )
        if not rows:
            self._console.print("Nothing more waits for review.")
            return None
        key = (rows[0].run_document_id, rows[0].field)
        claimed = claim_reviews(self._program, self._reviewer, items=[key])
        return claimed.fields[0] if claimed.fields else self._next()

    def _ask(self, held: HeldField) -> bool:
        """False to stop."""
        self._console.print()
        item = get_review(self._program, held.run_document_id, held.field)
        show_card(item, self._console)
        while True:
            pressed = _pressed()
            if pressed in {"q", "\x03", "\x04", ""}:
                return False
            if pressed == "s":
                self._after = held.id
                return True
            if pressed == "u":
                self._undo()
                continue
            try:
                answer = self._answer(pressed, held, [each.value for each in item.suggestions[:CANDIDATES]])
                if answer is None:
                    continue
                self._last = resolve(self._program, answer, reviewer=self._reviewer)
            except (InvalidInput, Conflict) as error:
                self._say(error.message)
                continue
            self._count += 1
            self._say(f"{self._last.field}: {self._last.status}")
            return True

    def _answer(self, pressed: str, held: HeldField, candidates: list[object]) -> Answer | None:
        """What a key says of the field; None for a key that says nothing."""
        place = {"pipeline_document_id": held.run_document_id, "field": held.field}
        if pressed == "a":
            return Answer(**place, action=Action.APPROVE, version=held.version)
        if pressed == "c":
            return Answer(**place, action=Action.CORRECT, version=held.version, value=_typed("value"))
        if pressed == "o":
            return Answer(**place, action=Action.OVERRIDE, version=held.version, reason=_typed("reason"))
        if pressed.isdecimal() and 0 < int(pressed) <= len(candidates):
            value = candidates[int(pressed) - 1]
            return Answer(**place, action=Action.CORRECT, version=held.version, value=value)
        self._console.print(KEYS, style="dim", highlight=False)
        return None

    def _undo(self) -> None:
        """The last decision again, otherwise: it stays in the log."""
        if self._last is None:
            self._say("There is nothing to undo.")
            return
        last = self._last
        self._say(f"{last.field} was {last.status}; what is it: a approve, c correct, o override?")
        pressed = _pressed()
        ways: dict[str, Callable[[], Answer]] = {
            "a": lambda: _instead(last, Action.APPROVE),
            "c": lambda: _instead(last, Action.CORRECT, value=_typed("value")),
            "o": lambda: _instead(last, Action.OVERRIDE, reason=_typed("reason")),
        }
        if pressed not in ways:
            return
        try:
            self._last = resolve(self._program, ways[pressed](), reviewer=self._reviewer)
        except (InvalidInput, Conflict) as error:
            self._say(error.message)
            return
        self._say(f"{self._last.field}: {self._last.status}")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _pressed() -> str:
    """One key; from a pipe one character, and nothing at its end."""
    if sys.stdin.isatty():
        return typer.getchar().lower()
    while (character := sys.stdin.read(1)).isspace():
        pass
    return character.lower()


def _typed(what: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(what, default="", show_default=False))
    return sys.stdin.readline().rstrip("\n")


def _instead(last: Decided, action: Action, **more: str) -> Answer:
    return Answer(
        pipeline_document_id=last.pipeline_document_id,
        field=last.field,
        action=action,
        supersedes=last.decision_id,
        **more,  # type: ignore[arg-type]  # `value` or `reason`, both text
    )
