"""The producer: whole batches, in order, patient while the broker is away and clear when not."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import (
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NotLeaderForPartitionError,
    UnknownTopicOrPartitionError,
)
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch
from faust.transport.drivers import aiokafka as driver

from models.errors import CommitTooLarge, WorkerMustStop
from streams import transport
from streams.commit import MARKER_KEY, Commit, Marker, Output, decode_marker
from streams.transport import Producer
from tests.streams.fakes import turns


class FakeKafka:
    """An aiokafka producer: batches are taken in, and acknowledged when the test says so."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, int, BatchBuilder]] = []
        self.answers: list[asyncio.Future[Any]] = []
        self.refusals: list[BaseException] = []
        self._sender: object = None

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(4 << 20, 0)

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> Any:
        if self.refusals:
            raise self.refusals.pop(0)
        assert batch.closed()
        self.taken.append((topic, partition, batch))
        self.answers.append(asyncio.get_running_loop().create_future())
        return self.answers[-1]

    def acknowledge(self, index: int, offset: int = 0) -> None:
        self.answers[index].set_result(SimpleNamespace(offset=offset))


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka()


@pytest.fixture
def producer(kafka: FakeKafka) -> Producer:
    producer = Producer.__new__(Producer)
    producer._producer = kafka
    return producer


def commit(**states: bytes | None) -> Commit:
    marker = Marker(4, "p", 7, {"in": 9}, {}, ())
    return Commit(marker, {key.encode(): value for key, value in states.items()})


def outbox(*outputs: tuple[int, int]) -> Marker:
    """A marker with outputs of (partition, size)."""
    return Marker(4, "p", 7, {}, {}, tuple(Output("out", to, b"k", b"v" * n) for to, n in outputs))


async def test_a_commit_is_one_batch_its_marker_first_and_tells_its_offset(
    producer: Producer, kafka: FakeKafka
) -> None:
    written = commit(x=b"1", y=None)
    appending = asyncio.create_task(producer.append("t.changelog", 3, written))
    await turns()
    kafka.acknowledge(0, offset=41)

    assert await appending == 41
    ((topic, partition, batch),) = kafka.taken
    assert (topic, partition) == ("t.changelog", 3)
    first, *states = list(DefaultRecordBatch(bytes(batch._build())))
    assert first.key == MARKER_KEY
    assert decode_marker(first.value or b"") == written.marker
    assert [(record.key, record.value) for record in states] == [(b"x", b"1"), (b"y", None)]
    assert {record.timestamp for record in [first, *states]} == {7}


async def test_a_commit_that_no_batch_takes_is_never_sent_in_part(
    producer: Producer, kafka: FakeKafka
) -> None:
    with pytest.raises(CommitTooLarge, match="misjudged"):
        await producer.append("t.changelog", 3, commit(x=b"v" * (3 << 20), y=b"v" * (3 << 20)))

    assert kafka.taken == []


async def test_batches_for_several_partitions_are_under_way_together(
    producer: Producer, kafka: FakeKafka
) -> None:
    publishing = asyncio.create_task(producer.publish("t/3", outbox((0, 1), (1, 1), (0, 1))))
    await turns()
    assert [(topic, partition) for topic, partition, _ in kafka.taken] == [("out", 0), ("out", 1)]
    assert not publishing.done()

    kafka.acknowledge(0)
    kafka.acknowledge(1)
    await publishing


async def test_a_second_batch_for_a_partition_waits_for_the_first(
    producer: Producer, kafka: FakeKafka
) -> None:
    """If the first failed and the second got in, a reader would take the first for a repeat."""
    publishing = asyncio.create_task(producer.publish("t/3", outbox((0, 200_000), (0, 200_000))))
    await turns()
    assert len(kafka.taken) == 1

    kafka.answers[0].set_exception(MessageSizeTooLargeError())
    with pytest.raises(WorkerMustStop):
        await publishing
    assert len(kafka.taken) == 1


async def test_a_batch_that_is_not_taken_in_while_the_broker_is_away_is_offered_again(
    producer: Producer, kafka: FakeKafka
) -> None:
    """The client gives up after the request timeout: with a frozen broker, after 40 seconds."""
    kafka.refusals = [KafkaTimeoutError(), KafkaTimeoutError()]
    appending = asyncio.create_task(producer.append("t.changelog", 3, commit()))
    await turns()
    kafka.acknowledge(0, offset=5)

    assert await appending == 5


async def test_what_kafka_does_not_want_stops_the_worker_and_names_the_partition(
    producer: Producer, kafka: FakeKafka
) -> None:
    appending = asyncio.create_task(producer.append("t.changelog", 3, commit()))
    await turns()
    kafka.answers[0].set_exception(MessageSizeTooLargeError())

    with pytest.raises(WorkerMustStop, match=r"t\.changelog\[3\].*MessageSizeTooLargeError"):
        await appending


async def test_what_passes_keeps_its_kind_so_that_a_restore_waits_it_out(
    producer: Producer, kafka: FakeKafka
) -> None:
    appending = asyncio.create_task(producer.append("t.changelog", 3, commit()))
    await turns()
    kafka.answers[0].set_exception(NotLeaderForPartitionError())

    with pytest.raises(NotLeaderForPartitionError):
        await appending


@pytest.mark.parametrize("error", [UnknownTopicOrPartitionError(), AssertionError("partition")])
async def test_a_topic_or_partition_that_does_not_exist_is_named(
    producer: Producer, kafka: FakeKafka, error: Exception
) -> None:
    kafka.refusals = [error]

    with pytest.raises(WorkerMustStop, match=r"no out\[0\] to write to.*streams/topics\.py"):
        await producer.publish("t/3", outbox((0, 1)))


async def test_a_stop_gives_up_what_a_broker_that_is_away_does_not_take(
    producer: Producer, kafka: FakeKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client tries for ever what an idempotent producer was given."""
    sending = asyncio.create_task(asyncio.Event().wait())
    kafka._sender = SimpleNamespace(sender_task=sending)

    async def on_stop(_: object) -> None:
        await asyncio.wait([sending])

    monkeypatch.setattr(transport, "_STOP_SECONDS", 0.01)
    monkeypatch.setattr(driver.Producer, "on_stop", on_stop)
    await producer.on_stop()

    assert sending.cancelled()


async def test_a_flush_waits_for_nothing(producer: Producer) -> None:
    await producer.flush()


def test_the_producer_is_idempotent_and_waits_for_all_replicas(producer: Producer) -> None:
    assert producer._settings_extra() == {"acks": "all", "enable_idempotence": True}
