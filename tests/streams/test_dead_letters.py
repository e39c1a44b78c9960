"""A dead letter keeps its record as it was, as far as a topic takes it, and says what is wrong."""

from __future__ import annotations

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder

from models.errors import UndecodableRecord, UnknownType
from streams.commit import Output, decode_marker, encode_marker
from streams.dead_letters import LARGEST, dead_letter
from streams.publication import batches_of
from streams.topics import MIB, ROOM_FOR_REASON
from tests.streams.test_publication import marker
from tests.streams.world import LogRecord

WRONG = UnknownType("$.type", "found 'Placed'", "write OrderPlaced")


def letter_of(record: LogRecord, error: UndecodableRecord = WRONG) -> Output:
    return dead_letter("orders", 7, record, error)


def why(letter: Output) -> dict[str, str]:
    return {
        name.removeprefix("dead-letter-"): (value or b"").decode()
        for name, value in letter.headers
        if name.startswith("dead-letter-")
    }


def test_bytes_key_and_headers_are_untouched_and_the_partition_is_the_same() -> None:
    letter = letter_of(LogRecord(41, 5, b"\xffkey", b"\x00bytes", (("trace", b"1"), ("n", None))))

    assert (letter.topic, letter.partition) == ("orders.dlq", 7)
    assert (letter.key, letter.value) == (b"\xffkey", b"\x00bytes")
    assert letter.headers[:2] == (("trace", b"1"), ("n", None))


def test_headers_say_what_is_wrong_and_where_it_stood() -> None:
    assert why(letter_of(LogRecord(41, 5, b"k", b"v", ()))) == {
        "error": "UnknownType",
        "field": "$.type",
        "reason": "found 'Placed'",
        "cure": "write OrderPlaced",
        "topic": "orders",
        "partition": "7",
        "offset": "41",
    }


def test_a_reason_that_is_no_unicode_or_very_long_still_makes_a_header() -> None:
    error = UndecodableRecord("$.x", "\ud800" * 50_000, "right")

    assert len(why(letter_of(LogRecord(0, 0, None, None, ()), error))["reason"]) == 4096


@pytest.mark.parametrize(
    "record",
    [
        LogRecord(3, 0, b"k", b"v" * LARGEST, ()),
        LogRecord(3, 0, b"k" * (LARGEST + 1), None, ()),
        LogRecord(3, 0, b"k", b"v", (("h", b"x" * LARGEST),)),
    ],
    ids=["value", "key", "headers"],
)
def test_of_a_record_that_no_topic_takes_the_beginning_is_kept_and_that_is_said(
    record: LogRecord,
) -> None:
    letter = letter_of(record)

    assert (record.value or b"").startswith(letter.value or b"")
    assert (record.key or b"").startswith(letter.key or b"")
    assert "read it where it stands" in why(letter)["cut"]
    assert why(letter)["offset"] == "3"


@pytest.mark.parametrize("size", [0, 100, LARGEST - 1, LARGEST, 10 * LARGEST])
def test_every_dead_letter_fits_in_its_topic(size: int) -> None:
    error = UndecodableRecord("$" * 9_000, "r" * 9_000, "c" * 9_000)
    letter = letter_of(LogRecord(0, 0, None, b"v" * size, (("n", None),)), error)
    ((_, _, batch),) = batches_of(lambda: BatchBuilder(4 * MIB, 0), "t/0", marker(letter))

    assert isinstance(batch, BatchBuilder)
    assert batch.size() <= MIB + ROOM_FOR_REASON


def test_a_header_without_a_value_survives_the_commit_record() -> None:
    """The next restore has to read it; one that it cannot read would stop every start."""
    commit = marker(letter_of(LogRecord(0, 0, b"k", b"v", (("n", None),))))

    assert decode_marker(encode_marker(commit)) == commit
