"""Ways to make a unit of work durable, states and outputs: a Kafka transaction, a commit record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer, TopicPartition
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as Position

from bench.messages import Counted, announced, encode, payment

Rows = list[tuple[bytes, bytes]]
BATCH_BYTES = 1_000_000


class Unit:
    """States and outputs of one unit of work, and where they go."""

    def __init__(self, prefix: str, records: int) -> None:
        self.prefix = prefix
        self.changelog = f"{prefix}-changelog"
        self.output = f"{prefix}-output"
        self.source = f"{prefix}-source"
        causes = [payment(number) for number in range(records)]
        keys = [cause.partitionkey.encode() for cause in causes]
        state = Counted(12, 123_456)
        self.states: Rows = [(key, encode(state)) for key in keys]
        self.outputs: Rows = [
            (key, encode(announced(state, cause))) for key, cause in zip(keys, causes, strict=True)
        ]
        outbox = b"[" + b",".join(value for _, value in self.outputs) + b"]"
        self.record: Rows = [(b"commit", outbox), *self.states]


class Method(Protocol):
    """A way to commit; `open` before, `close` after."""

    async def open(self, bootstrap: str, unit: Unit, partitions: int) -> None:
        """Connect."""

    async def commit(self, partition: int, offset: int) -> None:
        """Make one unit of work durable; `offset` is where its input goes on."""

    async def close(self) -> None:
        """Disconnect."""


async def append(producer: AIOKafkaProducer, topic: str, partition: int, rows: Rows) -> Any:
    """Hand over one record batch; the answer is the future of its acknowledgement."""
    batch = producer.create_batch()
    for key, value in rows:
        batch.append(timestamp=None, key=key, value=value)
    return await producer.send_batch(batch, topic, partition=partition)


class CommitRecord:
    """One record batch acknowledged, then the outputs acknowledged; the group is told later."""

    async def open(self, bootstrap: str, unit: Unit, partitions: int) -> None:  # noqa: ARG002
        """Start one producer for all partitions."""
        self._unit = unit
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, enable_idempotence=True, max_batch_size=BATCH_BYTES
        )
        await self._producer.start()

    async def commit(self, partition: int, offset: int) -> None:  # noqa: ARG002
        """Commit, then publish."""
        unit = self._unit
        await (await append(self._producer, unit.changelog, partition, unit.record))
        await (await append(self._producer, unit.output, partition, unit.outputs))

    async def close(self) -> None:
        """Stop the producer."""
        await self._producer.stop()


class AiokafkaTransaction:
    """A transaction for each partition: begin, states and outputs, offsets, commit."""

    async def open(self, bootstrap: str, unit: Unit, partitions: int) -> None:
        """Start a producer for each partition, since each can have one transaction at a time."""
        self._unit = unit
        self._producers = [
            AIOKafkaProducer(
                bootstrap_servers=bootstrap,
                transactional_id=f"{unit.prefix}-{partition}",
                max_batch_size=BATCH_BYTES,
            )
            for partition in range(partitions)
        ]
        for producer in self._producers:
            await producer.start()

    async def commit(self, partition: int, offset: int) -> None:
        """Commit what the commit record would."""
        unit, producer = self._unit, self._producers[partition]
        await producer.begin_transaction()
        # Acknowledged before the offsets go: together they cost 130 ms at p99, one by one 30.
        await asyncio.gather(
            await append(producer, unit.changelog, partition, unit.states),
            await append(producer, unit.output, partition, unit.outputs),
        )
        position = {TopicPartition(unit.source, partition): offset}
        await producer.send_offsets_to_transaction(position, unit.prefix)
        await producer.commit_transaction()

    async def close(self) -> None:
        """Stop the producers."""
        for producer in self._producers:
            await producer.stop()


class LibrdkafkaTransaction:
    """The same transaction through librdkafka, the client that Quix and most others use."""

    async def open(self, bootstrap: str, unit: Unit, partitions: int) -> None:
        """Start a producer for each partition."""
        self._unit = unit
        self._group = Consumer({"bootstrap.servers": bootstrap, "group.id": unit.prefix})
        self._producers = [
            Producer(
                {
                    "bootstrap.servers": bootstrap,
                    "transactional.id": f"{unit.prefix}-{partition}",
                    "linger.ms": 0,
                    "log_level": 3,
                }
            )
            for partition in range(partitions)
        ]
        for producer in self._producers:
            producer.init_transactions()

    async def commit(self, partition: int, offset: int) -> None:
        """Commit in a thread: librdkafka blocks."""
        await asyncio.to_thread(self._commit, partition, offset)

    def _commit(self, partition: int, offset: int) -> None:
        unit, producer = self._unit, self._producers[partition]
        producer.begin_transaction()
        for topic, rows in ((unit.changelog, unit.states), (unit.output, unit.outputs)):
            for key, value in rows:
                producer.produce(topic, key=key, value=value, partition=partition)
        position = [Position(unit.source, partition, offset)]
        producer.send_offsets_to_transaction(position, self._group.consumer_group_metadata())
        producer.commit_transaction()

    async def close(self) -> None:
        """Leave."""
        self._group.close()


METHODS: dict[str, Callable[[], Method]] = {
    "commit record": CommitRecord,
    "aiokafka transaction": AiokafkaTransaction,
    "librdkafka transaction": LibrdkafkaTransaction,
}
