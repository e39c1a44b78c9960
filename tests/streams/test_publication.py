"""An outbox becomes batches: in order, of a size that topics take, the same every time."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.commit import Marker, Output
from streams.origins import HEADER, Origin, origin_of
from streams.publication import BATCH_BYTES, batches_of
from streams.topics import LARGEST_COMMIT, MIB
from streams.unit import OUTPUT_LIMIT


def marker(*outbox: Output) -> Marker:
    return Marker(9, "w", 1_700_000_000_123, {}, {}, outbox)


def output(value: bytes | None, partition: int = 0, topic: str = "out", **other: Any) -> Output:
    return Output(topic, partition, other.get("key", b"k"), value, other.get("headers", ()))


def published(of: Marker) -> list[tuple[str, int, bytes]]:
    """The batches as the broker gets them."""
    made = []
    for topic, partition, batch in batches_of(lambda: BatchBuilder(LARGEST_COMMIT, 0), "t/2", of):
        assert isinstance(batch, BatchBuilder)
        assert batch.closed()
        made.append((topic, partition, bytes(batch._build())))
    return made


def read(of: Marker) -> dict[tuple[str, int], list[Any]]:
    """Records by partition, in the order in which they are appended."""
    found: defaultdict[tuple[str, int], list[Any]] = defaultdict(list)
    for topic, partition, batch in published(of):
        found[topic, partition] += list(DefaultRecordBatch(batch))
    return found


def test_an_empty_outbox_publishes_nothing() -> None:
    assert published(marker()) == []


def test_a_record_is_published_whole_with_its_origin_last_and_the_time_of_its_commit() -> None:
    (record,) = read(marker(output(b"v", headers=(("h", b"1"), ("n", None)))))["out", 0]

    assert (record.key, record.value) == (b"k", b"v")
    assert list(record.headers) == [("h", b"1"), ("n", None), (HEADER, b"t/2/9/0")]
    assert record.timestamp == 1_700_000_000_123


def test_each_destination_partition_gets_its_outputs_in_their_order() -> None:
    outbox = [output(b"%d" % n, partition=n % 3, topic="ab"[n % 2]) for n in range(60)]

    for (topic, partition), records in read(marker(*outbox)).items():
        expected = [
            each.value for each in outbox if (each.topic, each.partition) == (topic, partition)
        ]
        assert [record.value for record in records] == expected


def test_an_origin_is_the_place_in_the_whole_outbox() -> None:
    records = read(marker(output(b"a", 0), output(b"b", 1), output(b"c", 0)))

    assert [origin_of(record.headers, "out") for record in records["out", 0]] == [
        Origin("t/2>out", (9, 0)),
        Origin("t/2>out", (9, 2)),
    ]


outputs = st.builds(
    output,
    value=st.none()
    | st.integers(0, 60_000).map(lambda size: b"v" * size)
    | st.just(b"v" * 300_000),
    partition=st.integers(0, 2),
    key=st.none() | st.integers(0, 60_000).map(lambda size: b"k" * size),
    headers=st.sampled_from([(), (("h", b"x" * 40_000),), (("n", None),)]),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(outputs, max_size=30))
def test_the_same_commit_always_gives_the_same_bytes(outbox: list[Output]) -> None:
    assert published(marker(*outbox)) == published(marker(*outbox))


@settings(deadline=None, max_examples=50)
@given(st.lists(outputs, max_size=30))
def test_nothing_is_lost_and_a_large_batch_holds_one_output_only(outbox: list[Output]) -> None:
    count = 0
    for _, _, batch in published(marker(*outbox)):
        records = list(DefaultRecordBatch(batch))
        count += len(records)
        assert len(batch) <= BATCH_BYTES + 100 or len(records) == 1

    assert count == len(outbox)


def test_what_a_unit_lets_pass_fits_in_a_topic_of_the_smallest_size() -> None:
    largest = output(b"v" * (OUTPUT_LIMIT - 1))
    crowd = [output(b"", headers=(("h", b"1"),)) for _ in range(30_000)]

    for _, _, batch in published(marker(output(b"v" * 250_000), largest, *crowd)):
        assert len(batch) <= MIB
