"""A commit record comes back as it was written, and repairs are cut to size."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.commit import (
    MARKER_KEY,
    POSITION_KEY,
    RESERVED,
    Commit,
    Marker,
    Output,
    decode_marker,
    decode_marker_head,
    encode_marker,
    portions,
)

outputs = st.builds(
    Output,
    topic=st.text(max_size=20),
    partition=st.integers(0, 2**31 - 1),
    key=st.none() | st.binary(max_size=20),
    value=st.none() | st.binary(max_size=50),
    headers=st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=5))).map(tuple),
)
markers = st.builds(
    Marker,
    sequence=st.integers(1, 2**62),
    writer=st.text(max_size=12),
    time=st.integers(0, 2**53),
    applied=st.dictionaries(st.text(max_size=10), st.integers(0, 2**62), max_size=3),
    seen=st.dictionaries(
        st.text(max_size=10), st.tuples(st.integers(0, 2**62), st.integers(0, 2**62)), max_size=3
    ),
    outbox=st.lists(outputs, max_size=3).map(tuple),
)


@given(markers)
def test_a_marker_is_read_back_as_it_was_written(marker: Marker) -> None:
    assert decode_marker(encode_marker(marker)) == marker


@given(markers)
def test_sequence_and_writer_are_read_without_the_outbox(marker: Marker) -> None:
    head = decode_marker_head(encode_marker(marker))

    assert (head.sequence, head.writer) == (marker.sequence, marker.writer)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_marker_raise_one_error(value: bytes) -> None:
    try:
        decode_marker(value)
    except msgspec.DecodeError:
        return


def test_a_sequence_begins_at_one() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_marker(encode_marker(Marker(0, "w", 0, {}, {}, ())))


def test_a_commit_takes_one_offset_for_its_marker_and_one_for_each_state() -> None:
    marker = Marker(1, "w", 0, {}, {}, ())

    assert Commit(marker, {}).length == 1
    assert Commit(marker, {b"s/a": b"1", b"s/b": None}).length == 3


def test_keys_of_the_runtime_are_reserved() -> None:
    assert {MARKER_KEY, POSITION_KEY} == RESERVED


@given(
    st.dictionaries(st.binary(min_size=1, max_size=4), st.none() | st.binary(max_size=40)),
    st.integers(1, 100),
)
def test_portions_hold_every_state_once_and_exceed_the_limit_only_alone(
    states: dict[bytes, bytes | None], limit: int
) -> None:
    parts = list(portions(states, limit))

    assert [item for part in parts for item in part.items()] == list(states.items())
    for part in parts:
        size = sum(len(key) + len(value or b"") for key, value in part.items())
        assert size <= limit or len(part) == 1


def test_without_states_there_is_one_empty_portion() -> None:
    assert list(portions({})) == [{}]
