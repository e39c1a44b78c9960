"""A unit of work: one savepoint per record, repeats dropped, limits kept, failures contained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from models.errors import StoreCorrupted, UndecodableRecord, WorkerMustStop
from streams.batches import Piece
from streams.commit import MARKER_KEY, POSITION_KEY
from streams.ledger import Ledger
from streams.origins import HEADER
from streams.partitioner import partition_of
from streams.unit import Unit
from tests.streams.world import Disk, LogRecord

Handler = Callable[[Unit[bytes], bytes], None]


def decode(value: bytes | None) -> bytes:
    if value is None or value.startswith(b"bad"):
        raise UndecodableRecord("$", "no message", "write one")
    return value


def records(*values: bytes | None, start: int = 0) -> list[LogRecord]:
    return [LogRecord(start + n, 0, b"k", value, ()) for n, value in enumerate(values)]


def originated(*origins: bytes) -> list[LogRecord]:
    return [LogRecord(n, 0, b"k", b"m", ((HEADER, o),)) for n, o in enumerate(origins)]


def unit_of(
    found: Sequence[LogRecord], ledger: Ledger | None = None, **options: Any
) -> Unit[bytes]:
    end = found[-1].offset + 1 if found else 0
    return Unit(
        writer="w", partition=2, partitions=4, ledger=ledger or Ledger(), decode=decode,
        pieces=[Piece("in", found[0].offset if found else 0, end, found)],
        store=options.pop("store", Disk()), **options,
    )  # fmt: skip


def count(unit: Unit[bytes], message: bytes) -> None:
    """State: how many messages of this key, by its first byte; output: the message."""
    unit.put(message[:1], b"%d" % (int(unit.get(message[:1]) or 0) + 1))
    unit.emit("out", message[:1], message)


def test_states_outputs_and_progress_leave_together_in_one_commit() -> None:
    unit = unit_of(records(b"a1", b"b1", b"a2", start=7), Ledger(sequence=4, applied={"in": 7}))

    unit.each(count)
    commit = unit.commit(1234)

    assert commit.states == {b"a": b"2", b"b": b"1"}
    assert [output.value for output in commit.marker.outbox] == [b"a1", b"b1", b"a2"]
    assert commit.marker.applied == {"in": 10}
    assert (commit.marker.sequence, commit.marker.writer, commit.marker.time) == (5, "w", 1234)
    assert (unit.handled, unit.repeats, unit.poisoned) == (3, 0, 0)


def test_an_output_goes_to_the_partition_of_its_key() -> None:
    unit = unit_of(records(b"a"))

    unit.each(lambda unit, _: unit.emit("out", b"some key", b"v", (("h", b"1"),)))

    (output,) = unit.commit(0).marker.outbox
    assert output.partition == partition_of(b"some key", 4)
    assert output.headers == (("h", b"1"),)


def test_a_handler_reads_what_this_unit_wrote_then_what_is_stored() -> None:
    store = Disk()
    store.write({b"x": b"stored", b"y": b"stored"})
    seen: list[bytes | None] = []

    def handle(unit: Unit[bytes], message: bytes) -> None:
        if message == b"first":
            unit.put(b"x", b"written")
            unit.delete(b"y")
        seen.extend([unit.get(b"x"), unit.get(b"y"), unit.get(b"z")])

    unit_of(records(b"first", b"second"), store=store).each(handle)

    assert seen == [b"written", None, None] * 2


def test_a_deleted_state_is_a_tombstone_in_the_commit() -> None:
    unit = unit_of(records(b"a"))

    unit.each(lambda unit, _: unit.delete(b"s/x"))

    assert unit.commit(0).states == {b"s/x": None}


@pytest.mark.parametrize("key", [MARKER_KEY, POSITION_KEY])
def test_a_state_under_a_key_of_the_runtime_is_refused(key: bytes) -> None:
    unit = unit_of(records(b"a"))

    unit.each(lambda unit, _: unit.put(key, b"v"))

    assert "is a key of the runtime's own" in str(unit.failure)
    assert unit.commit(0).states == {}


def test_holes_at_the_end_of_a_piece_count_as_applied() -> None:
    unit = unit_of(records(b"a"))
    unit.pieces = [unit.pieces[0]._replace(end=9)]

    unit.each(count)

    assert unit.commit(0).marker.applied == {"in": 9}


def test_a_unit_is_applied_once() -> None:
    unit = unit_of(records(b"a"))
    unit.each(count)

    with pytest.raises(WorkerMustStop, match="twice"):
        unit.each(count)


# Poison.


def test_poison_becomes_a_dead_letter_and_the_rest_goes_on() -> None:
    unit = unit_of(records(b"a1", b"bad", None, b"a2"))

    unit.each(count)

    assert [(output.topic, output.value) for output in unit.commit(0).marker.outbox] == [
        ("out", b"a1"),
        ("in.dlq", b"bad"),
        ("in.dlq", None),
        ("out", b"a2"),
    ]
    assert (unit.handled, unit.poisoned) == (2, 2)
    assert unit.applied == {"in": 4}


def test_a_handler_that_finds_a_message_wanting_leaves_nothing_but_a_dead_letter() -> None:
    def handle(unit: Unit[bytes], message: bytes) -> None:
        count(unit, message)
        raise UndecodableRecord("$.x", "wrong", "right")

    unit = unit_of(records(b"a1"))
    unit.each(handle)

    assert unit.commit(0).states == {}
    assert [output.topic for output in unit.commit(0).marker.outbox] == ["in.dlq"]


def test_poison_that_no_longer_fits_is_counted_by_the_unit_that_takes_it() -> None:
    unit = unit_of(records(b"a" * 600, b"bad" * 300), soft_limit=2_000)

    unit.each(count)

    assert (unit.handled, unit.poisoned) == (1, 0)
    assert unit.applied == {"in": 1}


def test_poison_of_any_size_lets_the_partition_move_on() -> None:
    """A compressed batch of 1 MiB may hold a record of many."""
    unit = unit_of(records(b"bad" * (3 << 20), b"a1"))

    unit.each(count)

    assert unit.failure is None
    assert unit.poisoned == 1


# Handlers that raise.


def explode_on(bad: bytes) -> Handler:
    def handle(unit: Unit[bytes], message: bytes) -> None:
        count(unit, message)
        unit.delete(b"s/other")
        if message == bad:
            raise RuntimeError("boom")

    return handle


def test_a_raising_handler_leaves_nothing_of_its_record_and_everything_of_those_before() -> None:
    unit = unit_of(records(b"a1", b"a2", b"b1", start=5))

    unit.each(explode_on(b"a2"))
    commit = unit.commit(0)

    assert commit.states == {b"a": b"1", b"s/other": None}
    assert [output.value for output in commit.marker.outbox] == [b"a1"]
    assert commit.marker.applied == {"in": 6}
    assert [record.offset for piece in unit.rest for record in piece.records] == [6, 7]
    assert unit.handled == 1


def test_the_failure_names_topic_partition_offset_and_cause() -> None:
    unit = unit_of(records(b"a1", start=41))

    unit.each(explode_on(b"a1"))

    assert "in[2] offset 41: RuntimeError: boom" in str(unit.failure)
    assert isinstance(unit.failure and unit.failure.__cause__, RuntimeError)


def test_pieces_after_the_failing_record_are_left_to_the_next_unit() -> None:
    unit = unit_of(records(b"a1"))
    later = Piece("other", 0, 2, records(b"b1", b"b2"))
    unit.pieces = [*unit.pieces, later]

    unit.each(explode_on(b"a1"))

    assert unit.rest[1:] == [later]
    assert "other" not in unit.applied


def test_a_store_that_cannot_be_read_stops_the_worker_instead_of_blaming_the_record() -> None:
    class Broken(Disk):
        def get(self, key: bytes) -> bytes | None:
            raise StoreCorrupted("unreadable")

    with pytest.raises(StoreCorrupted):
        unit_of(records(b"a1"), store=Broken()).each(count)


async def arrange(unit: Unit[bytes], message: bytes) -> None:
    count(unit, message)


@pytest.mark.parametrize("handler", [arrange, partial(arrange)])
def test_a_handler_that_would_have_to_be_awaited_is_refused(handler: Any) -> None:
    unit = unit_of(records(b"a1"))

    with pytest.raises(WorkerMustStop, match="make it a plain function"):
        unit.each(handler)

    assert unit.applied == {}


# Repeats.


def test_repeats_are_dropped_and_new_outputs_of_the_same_writer_are_not() -> None:
    unit = unit_of(
        originated(b"up/0/4/0", b"up/0/4/1", b"up/0/4/2", b"up/1/1/0", b"up/0/4/2"),
        Ledger(seen={"up/0>in": (4, 1)}),
    )

    unit.each(count)

    assert (unit.handled, unit.repeats) == (2, 3)
    assert unit.commit(0).marker.seen == {"up/0>in": (4, 2), "up/1>in": (1, 0)}


def test_a_later_output_of_the_same_writer_on_another_topic_makes_no_repeat_of_it() -> None:
    """Whoever reads commands and replies of one writer may read the reply first."""
    replies = [LogRecord(0, 0, b"k", b"m", ((HEADER, b"up/0/9/0"),))]
    commands = [LogRecord(0, 0, b"k", b"m", ((HEADER, b"up/0/4/0"),))]
    unit = unit_of(replies)
    unit.pieces = [Piece("replies", 0, 1, replies), Piece("commands", 0, 1, commands)]

    unit.each(count)

    assert (unit.handled, unit.repeats) == (2, 0)


def test_the_unit_notes_origins_in_its_own_copy() -> None:
    ledger = Ledger(seen={"up/0": (4, 1)}, applied={"in": 0})
    unit = unit_of(originated(b"up/0/5/0"), ledger)

    unit.each(count)

    assert ledger.seen == {"up/0": (4, 1)}
    assert ledger.applied == {"in": 0}


def test_an_origin_is_not_noted_before_its_record_is_dealt_with() -> None:
    unit = unit_of(originated(b"up/0/5/0"))

    unit.each(explode_on(b"m"))

    assert unit.commit(0).marker.seen == {}


def test_poison_with_an_origin_is_a_dead_letter_only_once() -> None:
    found = [LogRecord(n, 0, b"k", b"bad", ((HEADER, b"up/0/5/0"),)) for n in range(2)]
    unit = unit_of(found)

    unit.each(count)

    assert (unit.poisoned, unit.repeats) == (1, 1)


@pytest.mark.parametrize("origin", [b"nonsense", b"up/0/" + b"9" * 20 + b"/0"])
def test_a_forged_origin_makes_a_dead_letter_that_can_be_written(origin: bytes) -> None:
    unit = unit_of(originated(origin))

    unit.each(count)

    assert unit.poisoned == 1
    assert unit.commit(0).marker.seen == {}
