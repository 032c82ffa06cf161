"""Everything that can stop docrail, one tree: the class is the kind, `code` the stable word.

DocrailError
├── InvalidInput             what was asked for cannot be done as asked: gathers every problem
├── NotFound                 no such thing (or not in this workspace)
├── PasswordNeeded           the share link opens with its password only
├── Conflict                 the thing is in a state that does not allow this
├── Unavailable              the database cannot be reached now
└── WorkError                what stops one document: `retryable` is the engine's only question
    ├── DocumentError        the file itself cannot be read, whatever is tried
    └── PhaseError           a phase could not do its work
        └── Busy             the service it needs asked to wait
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with what a person wrote: where (`path`, and `line` if known) and what to do."""

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}: {self.path}" if self.line else self.path
        return f"{place}: {self.message}" if place else self.message


class DocrailError(Exception):
    """The root of the tree."""

    code = "internal_error"
    retryable = False

    @property
    def message(self) -> str:
        """The sentence for a person: what, where and what to do."""
        return str(self)


class InvalidInput(DocrailError):  # noqa: N818 - what it is, not that it is an error
    """What was asked for cannot be done as asked; `problems` has every reason at once."""

    code = "bad_request"

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class NotFound(DocrailError):  # noqa: N818 - what it is, not that it is an error
    """No such thing here."""

    code = "not_found"


class PasswordNeeded(DocrailError):  # noqa: N818 - what it is, not that it is an error
    """The share link opens with its password only."""

    code = "unauthorized"


class Conflict(DocrailError):  # noqa: N818 - what it is, not that it is an error
    """The thing is in a state that does not allow this."""

    code = "conflict"


class Unavailable(DocrailError):  # noqa: N818 - what it is, not that it is an error
    """Something that docrail needs cannot be reached now; later it may."""

    code = "unavailable"
    retryable = True


class WorkError(DocrailError):
    """What stops one document. `code` is one of the stable words of the documentation."""

    def __init__(self, message: str, *, code: str, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable

    def saying(self, message: str) -> "WorkError":
        """The same failure in other words."""
        return WorkError(message, code=self.code, retryable=self.retryable)


class DocumentError(WorkError):
    """The file cannot be read: `unreadable`, `encrypted`, `empty`, `unsupported`, `too_large`, `timeout`,
    `out_of_memory`, `crashed`."""


class PhaseError(WorkError):
    """A phase could not do its work: `extraction_failed`, `rule_error`, `model_unavailable`, …"""


class Busy(PhaseError):  # noqa: N818 - what it is, not that it is an error
    """The service asked to wait `seconds`. `sent` is False if it was not even asked: that is no attempt."""

    def __init__(self, message: str, *, seconds: float, sent: bool) -> None:
        super().__init__(message, code="rate_limited", retryable=True)
        self.seconds = seconds
        self.sent = sent

    def saying(self, message: str) -> "Busy":
        """The same wait in other words."""
        return Busy(message, seconds=self.seconds, sent=self.sent)
