"""Orderflow's own restore: commits accepted or rejected one by one, positions checked and kept."""

from __future__ import annotations

import gc
import time
from pathlib import Path

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.balances import changes, sample
from bench.broker import create
from bench.load import partition_of
from bench.participant import Meter, Task
from bench.verification import WrongOutput
from streams.commit import MARKER_KEY, Marker, encode_marker
from streams.fetch import RESTORE_FETCH
from streams.restore import read_changelogs
from streams.store import PartitionStore

STATES = 100  # a commit under moderate load; larger ones restore faster


async def write_commits(task: Task, changelog: str) -> None:
    """Write the changelog as lanes do: a marker, and the states of its commit."""
    rows: list[list[tuple[bytes, bytes]]] = [[] for _ in range(task.partitions)]
    for key, value, _ in changes(task.records):
        rows[partition_of(key, task.partitions)].append((b"s/" + key, value))
    async with AIOKafkaProducer(
        bootstrap_servers=task.bootstrap, enable_idempotence=True, max_batch_size=1_000_000
    ) as producer:
        for partition, states in enumerate(rows):
            for sequence in range(0, len(states), STATES):
                batch = producer.create_batch()
                now = int(time.time() * 1000)
                marker = Marker(sequence + 1, "bench", now, {"in": sequence}, {}, ())
                batch.append(timestamp=now, key=MARKER_KEY, value=encode_marker(marker))
                for key, value in states[sequence : sequence + STATES]:
                    batch.append(timestamp=now, key=key, value=value)
                await producer.send_batch(batch, changelog, partition=partition)
        await producer.flush()


async def restore(task: Task) -> None:
    """Restore onto an empty disk."""
    changelog = f"{task.prefix}-changelog"
    await write_commits(task, changelog)
    gc.freeze()
    gc.set_threshold(100_000)
    meter = Meter(task.records)
    stores = {
        TopicPartition(changelog, p): PartitionStore(Path(task.data) / f"{p}.db")
        for p in range(task.partitions)
    }
    async with AIOKafkaConsumer(
        bootstrap_servers=task.bootstrap, auto_offset_reset="earliest", **RESTORE_FETCH
    ) as consumer:
        meter.begin()
        await read_changelogs(consumer, stores)
        meter.end()
    for name, expected in sample(task.records).items():
        key = name.encode()
        store = stores[TopicPartition(changelog, partition_of(key, task.partitions))]
        found = store.get(b"s/" + key)
        if found is None or orjson.loads(found) != expected:
            raise WrongOutput(f"{name} was not restored to {expected}")
    meter.report()


def main(task: Task) -> None:
    """Write the changelog, then restore from it."""
    create(task.bootstrap, f"{task.prefix}-changelog", task.partitions)
    uvloop.run(restore(task))


if __name__ == "__main__":
    main(Task.from_command_line())
