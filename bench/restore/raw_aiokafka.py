"""The lower bound in the same client: aiokafka's record batches into RocksDB, nothing checked."""

from __future__ import annotations

import gc
from pathlib import Path

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from rocksdict import WriteBatch

from bench.balances import changes, sample
from bench.broker import create
from bench.load import fill
from bench.participant import Meter, Task
from bench.step.raw_aiokafka import changelog_of, open_store
from bench.verification import WrongOutput


async def restore(task: Task) -> None:
    """Read the changelog to its end, one RocksDB write for each piece fetched."""
    gc.freeze()
    gc.set_threshold(100_000)
    meter = Meter(task.records)
    store = open_store(Path(task.data) / "state")
    partitions = [TopicPartition(changelog_of(task), p) for p in range(task.partitions)]
    async with AIOKafkaConsumer(
        bootstrap_servers=task.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign(partitions)
        meter.begin()
        missing = sum((await consumer.end_offsets(partitions)).values())
        while missing:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                write = WriteBatch(raw_mode=True)
                for record in records:
                    write.put(record.key, record.value)
                store.write(write)
                missing -= len(records)
        meter.end()
    for name, expected in sample(task.records).items():
        found = store.get(name.encode())
        if found is None or orjson.loads(found) != expected:
            raise WrongOutput(f"{name} was not restored to {expected}")
    meter.report()


def main(task: Task) -> None:
    """Write the changelog, then restore from it."""
    create(task.bootstrap, changelog_of(task), task.partitions)
    fill(task.bootstrap, changelog_of(task), task.partitions, changes(task.records))
    uvloop.run(restore(task))


if __name__ == "__main__":
    main(Task.from_command_line())
