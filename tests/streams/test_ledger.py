"""An acknowledgement at any other offset than the expected one proves another writer."""

from __future__ import annotations

import pytest

from models.errors import Fenced
from streams.commit import Commit, Marker
from streams.ledger import Ledger


def commit(sequence: int, *keys: bytes) -> Commit:
    marker = Marker(sequence, "w", 0, {"in": sequence * 10}, {"up/0": (sequence, 0)}, ())
    return Commit(marker, dict.fromkeys(keys, b"v"))


def test_a_commit_where_the_last_one_ended_is_accepted() -> None:
    ledger = Ledger(sequence=4, end=100)

    ledger.acknowledge(commit(5, b"s/a", b"s/b"), 100)

    assert ledger.sequence == 5
    assert ledger.end == 103
    assert ledger.applied == {"in": 50}
    assert ledger.seen == {"up/0": (5, 0)}


@pytest.mark.parametrize("offset", [-1, 0, 99, 101, 200])
def test_a_commit_anywhere_else_changes_nothing_and_is_fenced(offset: int) -> None:
    ledger = Ledger(sequence=4, end=100, applied={"in": 40})

    with pytest.raises(Fenced, match=f"at offset {offset}, not 100"):
        ledger.acknowledge(commit(5), offset)

    assert ledger == Ledger(sequence=4, end=100, applied={"in": 40})


def test_what_is_adopted_is_a_copy_since_units_write_into_theirs() -> None:
    marker = commit(5).marker
    ledger = Ledger()
    ledger.adopt(marker)

    marker.applied["in"] = 0
    marker.seen["up/0"] = (9, 9)

    assert ledger.applied == {"in": 50}
    assert ledger.seen == {"up/0": (5, 0)}
