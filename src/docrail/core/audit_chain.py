"""The chain of the audit trail: every entry carries the hash of the one before, so none can be changed or taken out."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

START = "0" * 64
"""What the first entry carries as the hash before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was done: `actor` did `action` to `subject` (an id). `at` in ms since 1970, `details` is JSON."""

    workspace_id: str
    seq: int
    at: int
    actor: str
    action: str
    subject: str
    details: str
    previous: str
    hash: str = ""


def hash_entry(entry: Entry) -> str:
    """The hash of everything that an entry says, the hash before it included.

    >>> one = Entry(
    ...     workspace_id="w", seq=1, at=0, actor="a", action="key.made", subject="k", details="{}", previous=START
    ... )
    >>> hash_entry(one)[:12], len(hash_entry(one))
    ('beee7d7d2c88', 64)
    """
    said = [entry.workspace_id, entry.seq, entry.at, entry.actor, entry.action, entry.subject, entry.details]
    text = json.dumps([*said, entry.previous], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What came of checking a chain: how many entries, the hash of the last, and what is wrong, in words.

    A chain that was cut off at its end looks whole: keep `head` and `entries` elsewhere to notice.
    """

    entries: int
    head: str
    problems: tuple[str, ...]


def check_chain(entries: Iterable[Entry], *, known: str | None = None, most: int = 20) -> Chain:
    """Check entries in their order; at most `most` problems are told. `known`: a hash noted earlier must be in it."""
    problems: list[str] = []
    seq, head, count, found = 0, START, 0, known in {None, START}
    for entry in entries:
        if len(problems) < most:
            problems.extend(_problems(entry, seq=seq, head=head))
        seq, head, count = entry.seq, entry.hash, count + 1
        found = found or head == known
    if not found:
        problems.append(f"no entry has the hash {known}: the trail is another one, or its end is gone")
    return Chain(entries=count, head=head, problems=tuple(problems))


def _problems(entry: Entry, *, seq: int, head: str) -> Iterator[str]:
    if entry.seq != seq + 1:
        yield f"entry {entry.seq} follows entry {seq}: what stood between is gone"
    elif entry.previous != head:
        yield f"entry {entry.seq} does not carry the hash of entry {seq}: one of them was changed"
    if entry.hash != hash_entry(entry):
        yield f"entry {entry.seq} ({entry.action}) is not what was written: its hash is another"
