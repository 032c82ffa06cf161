"""The chain of the audit trail: whatever is changed, taken out or put in is noticed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docrail.core.audit_chain import START, Entry, check_chain, hash_entry


def make_chain(count: int) -> list[Entry]:
    entries: list[Entry] = []
    for seq in range(1, count + 1):
        unsigned = Entry(
            workspace_id="w",
            seq=seq,
            at=seq,
            actor="a",
            action="run.started",
            subject=str(seq),
            details="{}",
            previous=entries[-1].hash if entries else START,
        )
        entries.append(replace(unsigned, hash=hash_entry(unsigned)))
    return entries


def test_a_whole_chain_has_no_problem_and_ends_in_its_head() -> None:
    entries = make_chain(5)
    chain = check_chain(entries, known=entries[2].hash)
    assert (chain.entries, chain.head, chain.problems) == (5, entries[-1].hash, ())


@given(st.integers(2, 6), st.data())
def test_an_entry_that_is_changed_or_gone_is_noticed(count: int, data: st.DataObject) -> None:
    entries = make_chain(count)
    place = data.draw(st.integers(0, count - 2))
    changed = replace(
        entries[place], **data.draw(st.sampled_from([{"actor": "b"}, {"at": 99}, {"details": "[]"}]))
    )
    assert check_chain([*entries[:place], changed, *entries[place + 1 :]]).problems
    assert check_chain([*entries[:place], *entries[place + 1 :]]).problems
    resealed = replace(changed, hash=hash_entry(changed))
    assert check_chain([*entries[:place], resealed, *entries[place + 1 :]]).problems


@pytest.mark.parametrize("kept", [0, 2])
def test_an_end_cut_off_is_noticed_by_who_kept_the_head(kept: int) -> None:
    entries = make_chain(3)
    assert check_chain(entries[:kept]).problems == ()
    assert len(check_chain(entries[:kept], known=entries[-1].hash).problems) == 1
