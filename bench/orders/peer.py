"""What the transport alone would cost: a plain aiokafka loop that passes records on.

For one order the write side reads so many records and writes each of them and some more; this
moves as many, of the same size, through as many topics, in whole batches, and decides nothing. No
state, no changelog, no dedup, no call to the outside: after a crash it loses or repeats.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from bench.broker import create
from bench.load import Row
from bench.messages import CONTENT_TYPE
from bench.orders.commands import USERS
from bench.participant import Meter, Task

TOPICS = 8  # that the agents of the write side read
# 512 KiB of input make 512 KiB for the next topic and less aside: below the broker's 1 MiB each.
FETCH_BYTES = 512 * 1024
BATCH_BYTES = 1_000_000
_OVERHEAD = 80  # bytes of a record beside its value: key, content type, framing


class Work(NamedTuple):
    """For one order: records passed on, records written aside, and bytes of each."""

    hops: int
    asides: int
    size: int

    @property
    def spelled(self) -> str:
        """As a variant on the command line."""
        return ":".join(map(str, self))


def inputs(orders: int, work: Work) -> Iterator[Row]:
    """Give the first record of each order."""
    for number in range(orders):
        yield b"user-%03d" % (number % USERS), _value(0, work), CONTENT_TYPE


def _value(hop: int, work: Work) -> bytes:
    return b"%03d" % hop + bytes(work.size - _OVERHEAD)


class Loop:
    """Passes records on, from topic to topic, round and round."""

    def __init__(self, task: Task, work: Work, producer: AIOKafkaProducer) -> None:
        self.topics = topics_of(task)
        self._aside = task.output
        self._work = work
        self._producer = producer

    async def step(
        self, topic: str, partition: int, records: Sequence[ConsumerRecord[Any, Any]]
    ) -> None:
        """Pass on what was fetched of one partition."""
        following = self.topics[(self.topics.index(topic) + 1) % TOPICS]
        passed, aside = self._producer.create_batch(), self._producer.create_batch()
        for record in records:
            hop = int(record.value[:3]) + 1
            value = _value(hop, self._work)
            if hop < self._work.hops:
                passed.append(timestamp=None, key=record.key, value=value, headers=CONTENT_TYPE)
            if hop * self._work.asides % self._work.hops < self._work.asides:
                aside.append(timestamp=None, key=record.key, value=value, headers=CONTENT_TYPE)
        batches = ((following, passed), (self._aside, aside))
        await asyncio.gather(
            *[
                await self._producer.send_batch(batch, to, partition=partition)
                for to, batch in batches
                if batch.record_count()
            ]
        )


def topics_of(task: Task) -> list[str]:
    """Name the topics through which records go."""
    return [task.input, *(f"{task.prefix}-{number}" for number in range(1, TOPICS))]


async def main(task: Task) -> None:
    """Consume until every record has been passed on."""
    gc.freeze()
    gc.set_threshold(100_000)
    meter = Meter(task.records)
    async with (
        AIOKafkaProducer(
            bootstrap_servers=task.bootstrap, enable_idempotence=True, max_batch_size=BATCH_BYTES
        ) as producer,
        AIOKafkaConsumer(
            *topics_of(task),
            bootstrap_servers=task.bootstrap,
            group_id=task.prefix,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=FETCH_BYTES,
        ) as consumer,
    ):
        loop = Loop(task, Work(*map(int, task.variant.split(":"))), producer)
        finished = False
        while not finished:
            batches = await consumer.getmany(timeout_ms=1000)
            await asyncio.gather(
                *(loop.step(tp.topic, tp.partition, batch) for tp, batch in batches.items())
            )
            await consumer.commit({tp: batch[-1].offset + 1 for tp, batch in batches.items()})
            finished = meter.saw(sum(map(len, batches.values())))
        meter.end()
        meter.report()


if __name__ == "__main__":
    asked = Task.from_command_line()
    for name in topics_of(asked)[1:]:
        create(asked.bootstrap, name, asked.partitions)
    uvloop.run(main(asked))
