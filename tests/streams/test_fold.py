"""Which commits of a changelog count, and what they leave."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.commit import MARKER_KEY, Marker, encode_marker
from streams.fold import ChangelogFold
from tests.streams.world import LogRecord

Written = tuple[int, str, dict[bytes, bytes | None]]


def log(*commits: Written) -> list[LogRecord]:
    """Commits of (sequence, writer, states) as the records of a changelog."""
    records: list[LogRecord] = []
    for sequence, writer, states in commits:
        marker = encode_marker(Marker(sequence, writer, 0, {}, {}, ()))
        for key, value in [(MARKER_KEY, marker), *states.items()]:
            records.append(LogRecord(len(records), 0, key, value, ()))
    return records


def fold(records: list[LogRecord], sequence: int = 0) -> ChangelogFold:
    folded = ChangelogFold(sequence)
    folded.feed(records)
    return folded


def test_the_last_value_of_each_key_counts_and_a_tombstone_is_one() -> None:
    folded = fold(log((1, "a", {b"x": b"1", b"y": b"1"}), (2, "a", {b"x": b"2", b"y": None})))

    assert folded.changes == {b"x": b"2", b"y": None}
    assert folded.sequence == 2
    assert folded.marker_offset == 3


def test_of_two_commits_of_one_sequence_the_first_wins_with_all_its_records() -> None:
    folded = fold(log((1, "a", {b"x": b"a"}), (1, "b", {b"x": b"b", b"y": b"b"})))

    assert folded.changes == {b"x": b"a"}
    assert folded.rejected == 1
    assert folded.tainted == {MARKER_KEY, b"x", b"y"}


def test_a_later_sequence_is_accepted_whoever_writes_it() -> None:
    folded = fold(log((1, "a", {b"x": b"a"}), (1, "b", {b"x": b"b"}), (2, "b", {b"y": b"b"})))

    assert folded.changes == {b"x": b"a", b"y": b"b"}
    assert folded.tainted == {b"x"}, "nothing accepted has written x since"


def test_an_accepted_write_of_a_tainted_key_cures_it() -> None:
    folded = fold(log((1, "a", {b"x": b"a"}), (1, "b", {b"x": b"b"}), (2, "a", {b"x": b"c"})))

    assert folded.changes == {b"x": b"c"}
    assert folded.tainted == set()


def test_what_a_store_stands_for_already_is_not_accepted_again() -> None:
    records = log((4, "a", {b"x": b"4"}), (5, "a", {b"x": b"5"}))

    assert fold(records, sequence=5).changes == {}
    assert fold(records, sequence=4).changes == {b"x": b"5"}


def test_states_whose_marker_compaction_has_removed_are_old_and_stand() -> None:
    records = log((1, "a", {b"x": b"1"}), (2, "a", {b"y": b"2"}))[1:]

    assert fold(records).changes == {b"x": b"1", b"y": b"2"}


def test_records_without_a_key_are_not_ours() -> None:
    assert fold([LogRecord(0, 0, None, b"?", ())]).changes == {}


def test_what_was_drained_is_not_handed_over_twice() -> None:
    folded = fold(log((1, "a", {b"x": b"1"})))

    assert folded.drain() == {b"x": b"1"}
    assert folded.drain() == {}


commits = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from(["a", "b"]),
        st.dictionaries(st.sampled_from([b"x", b"y", b"z"]), st.sampled_from([b"1", b"2", None])),
    ),
    max_size=8,
)


@given(commits, st.integers(0, 30))
def test_reading_in_pieces_gives_the_same_as_reading_at_once(
    written: list[Written], at: int
) -> None:
    records = log(*written)
    whole, pieces = fold(records), fold(records[:at])
    pieces.feed(records[at:])

    assert vars(pieces) == vars(whole)


@given(commits)
def test_the_outcome_is_that_of_the_commits_whose_sequence_grows(written: list[Written]) -> None:
    expected: dict[bytes, bytes | None] = {}
    last = 0
    for sequence, _, states in written:
        if sequence > last:
            last = sequence
            expected |= states

    assert fold(log(*written)).changes == expected
