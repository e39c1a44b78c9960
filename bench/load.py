"""Inputs on a topic, as quickly as they can be written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from zlib import crc32

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from msgspec import structs

from bench.messages import CONTENT_TYPE, encode, payment

# As a busy producer would send them: some 140 records to a batch.
BATCH_BYTES = 64 * 1024

Headers = list[tuple[str, bytes]]
Row = tuple[bytes, bytes, Headers]


def payments(numbers: Iterable[int]) -> Iterator[Row]:
    """Key, value and headers of these inputs."""
    for number in numbers:
        envelope = payment(number)
        yield envelope.partitionkey.encode(), encode(envelope), CONTENT_TYPE


def payments_of(users: Iterable[str]) -> Iterator[Row]:
    """Give one input for each of these users."""
    for number, user in enumerate(users):
        envelope = structs.replace(payment(number), partitionkey=user)
        yield user.encode(), encode(envelope), CONTENT_TYPE


def partition_of(key: bytes, partitions: int) -> int:
    """Where a key lives. Any function of the key will do, if all topics of a run go by the same."""
    return crc32(key) % partitions


def fill(
    bootstrap: str,
    topic: str,
    partitions: int,
    rows: Iterable[Row],
    spell: Callable[[bytes], bytes] = bytes,
) -> None:
    """Write all rows, acknowledged. `spell` gives the key as written; its partition stays."""
    placed = ((partition_of(row[0], partitions), (spell(row[0]), *row[1:])) for row in rows)
    asyncio.run(_fill(bootstrap, topic, placed))


async def _fill(bootstrap: str, topic: str, placed: Iterable[tuple[int, Row]]) -> None:
    open_batches: dict[int, BatchBuilder] = {}
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, max_batch_size=BATCH_BYTES
    ) as producer:
        for partition, (key, value, headers) in placed:
            batch = open_batches.get(partition) or producer.create_batch()
            if not batch.append(timestamp=None, key=key, value=value, headers=headers):
                await producer.send_batch(batch, topic, partition=partition)
                batch = producer.create_batch()
                batch.append(timestamp=None, key=key, value=value, headers=headers)
            open_batches[partition] = batch
        for partition, batch in open_batches.items():
            await producer.send_batch(batch, topic, partition=partition)
        await producer.flush()
