"""A unit never judges its commit smaller than the Kafka batch that it becomes.

The judgement keeps commits under what a changelog takes; one that were larger could not be
appended, now or ever.
"""

from __future__ import annotations

from aiokafka.producer.message_accumulator import BatchBuilder
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UndecodableRecord
from streams.batches import Piece
from streams.commit import MARKER_KEY, Commit, encode_marker
from streams.ledger import Ledger
from streams.origins import HEADER, MOST_WRITERS
from streams.unit import HARD_LIMIT, OUTPUT_LIMIT, Unit
from tests.streams.test_unit import decode, originated, records, unit_of
from tests.streams.world import Disk, LogRecord

LARGEST = 4 << 20

sizes = st.integers(0, 40) | st.integers(0, 20_000)
names = st.text("abcdefghij.-_", min_size=1, max_size=249)
headers = st.lists(st.tuples(st.text(max_size=30), st.binary(max_size=60)), max_size=3).map(tuple)
puts = st.tuples(st.just("put"), st.binary(min_size=2, max_size=200), sizes)
deletes = st.tuples(st.just("delete"), st.binary(min_size=2, max_size=200))
emits = st.tuples(st.just("emit"), names, st.binary(max_size=60), sizes, headers)
effects = st.lists(st.lists(puts | deletes | emits, max_size=6), min_size=1, max_size=12)


def batch_of(commit: Commit) -> BatchBuilder:
    """The very batch that `Producer.append` builds."""
    batch = BatchBuilder(LARGEST, 0)
    records = [(MARKER_KEY, encode_marker(commit.marker)), *commit.states.items()]
    for key, value in records:
        added = batch.append(timestamp=commit.marker.time, key=key, value=value)
        assert added is not None, "it is full"
    return batch


@settings(deadline=None)
@given(
    effects=effects,
    poison=st.sets(st.integers(0, 11)),
    origins=st.lists(names, min_size=12, max_size=12),
    applied=st.dictionaries(names, st.integers(0, 2**62), max_size=3),
    topic=names,
)
def test_a_commit_is_never_larger_than_its_unit_judged(
    effects: list[list[tuple[object, ...]]],
    poison: set[int],
    origins: list[str],
    applied: dict[str, int],
    topic: str,
) -> None:
    def handle(unit: Unit[bytes], message: bytes) -> None:
        for effect in effects[int(message)]:
            match effect:
                case ("put", bytes(key), int(size)):
                    unit.put(key, b"v" * size)
                case ("delete", bytes(key)):
                    unit.delete(key)
                case ("emit", str(to), bytes(key), int(size), tuple(more)):
                    unit.emit(to, key, b"v" * size, more)

    number = 2**60
    found = [
        LogRecord(
            n, 0, None, b"bad" if n in poison else b"%d" % n,
            ((HEADER, f"{origins[n]}/11/{number}/{n}".encode()),),
        )
        for n in range(len(effects))
    ]  # fmt: skip
    unit = Unit(
        writer="0123456789ab", partition=11, partitions=12, decode=decode, store=Disk(),
        ledger=Ledger(sequence=2**60, applied=applied, seen={origins[0] + "/9": (number, number)}),
        pieces=[Piece(topic, 0, len(found), found)],
    )  # fmt: skip

    unit.each(handle)

    assert unit.failure is None
    assert batch_of(unit.commit(2**41)).size() <= unit._size


def small(unit: Unit[bytes], _: bytes) -> None:
    for number in range(200_000):
        unit.put(b"%d" % number, b"")


def large(unit: Unit[bytes], _: bytes) -> None:
    for number in range(10):
        unit.put(b"%d" % number, b"v" * (400 << 10))


def outputs(unit: Unit[bytes], _: bytes) -> None:
    for _number in range(60_000):
        unit.emit("a.topic.with.a.longer.name", b"key", b"", (("h", b"1"),))


def test_the_largest_commit_that_a_unit_lets_pass_fits_in_one_batch() -> None:
    for handle in (small, large, outputs):
        unit = Unit(
            writer="w", partition=0, partitions=1, decode=decode, store=Disk(), ledger=Ledger(),
            pieces=[Piece("in", 0, 1, [LogRecord(0, 0, None, b"m", ())])],
        )  # fmt: skip
        unit.each(handle)
        size = batch_of(unit.commit(0)).size()

        assert unit.failure is not None or unit._size <= HARD_LIMIT
        assert size <= LARGEST


def test_a_unit_takes_no_more_records_once_its_commit_is_large() -> None:
    unit = unit_of(records(*[b"%d" % n * 100 for n in range(9)]), soft_limit=2_000)

    unit.each(lambda unit, message: unit.put(message, message))
    done = len(unit.commit(0).states)

    assert 0 < done < 9
    assert unit.applied == {"in": done}
    assert unit.failure is None
    assert [record.offset for record in unit.rest[0].records] == list(range(done, 9))


def test_writing_one_state_again_and_again_does_not_fill_the_commit() -> None:
    unit = unit_of(records(*[b"a%d" % n for n in range(100)]), soft_limit=2_000)

    unit.each(lambda unit, _: unit.put(b"s/a", b"v" * 500))

    assert unit.rest == []


def test_a_record_alone_may_exceed_the_soft_limit() -> None:
    unit = unit_of(records(b"a", b"b"), soft_limit=2_000)

    unit.each(lambda unit, message: unit.put(message, b"v" * 5_000))

    assert unit.commit(0).states == {b"a": b"v" * 5_000}
    assert unit.failure is None


def test_a_record_whose_effects_never_fit_fails_and_says_their_size() -> None:
    unit = unit_of(records(b"a", b"b"), soft_limit=2_000, hard_limit=4_000)

    unit.each(lambda unit, message: unit.put(message, b"v" * 5_000))

    assert unit.commit(0).states == {}
    assert "CommitTooLarge: its effects take" in str(unit.failure)
    assert "in[2] offset 0" in str(unit.failure)
    assert unit.handled == 0


def test_a_record_after_others_gets_a_unit_of_its_own_before_it_is_found_too_large() -> None:
    unit = unit_of(records(b"a", b"b"), soft_limit=2_000, hard_limit=4_000)

    unit.each(lambda unit, message: unit.put(message, b"v" * (5_000 if message == b"b" else 1)))

    assert unit.failure is None
    assert unit.applied == {"in": 1}


def test_an_output_that_no_topic_takes_fails_where_it_is_emitted() -> None:
    unit = unit_of(records(b"a"))

    unit.each(lambda unit, _: unit.emit("out", b"k", b"v" * OUTPUT_LIMIT))

    assert "CommitTooLarge: an output to out has" in str(unit.failure)


def test_what_a_rolled_back_record_emitted_takes_no_room() -> None:
    def handle(unit: Unit[bytes], _: bytes) -> None:
        unit.emit("out", b"k", b"v" * 1_000)
        raise UndecodableRecord("$", "wrong", "right")

    unit = unit_of(records(*[b"x"] * 5), soft_limit=4_000)
    unit.each(handle)

    assert unit.rest == []
    assert unit.poisoned == 5


def test_forged_writers_cannot_fill_the_commit_record() -> None:
    unit = unit_of(originated(*(b"forged%d/0/1/0" % n for n in range(MOST_WRITERS + 5))))

    unit.each(lambda *_: None)

    assert len(unit.commit(0).marker.seen) == MOST_WRITERS
    assert unit.poisoned == 5
