"""What the topics tell: how many orders have come to their end, how much was written, and when.

Read with librdkafka and JSON, and with none of the application's code.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Consumer, TopicPartition

from bench.running import ParticipantFailed
from bench.verification import read

_PATIENCE = 120  # seconds without any order coming to its end
_BATCH = 1_000


class Volume(NamedTuple):
    """What a topic holds: records, and bytes as they lie in the broker's log."""

    records: int
    bytes: int


class Ends:
    """Counts the orders that are confirmed, paid and deducted: `SagaCompleted` on `sagas`."""

    def __init__(self, bootstrap: str, partitions: int) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "bench-ends", "fetch.wait.max.ms": 10}
        )
        starts = [TopicPartition("sagas", partition) for partition in range(partitions)]
        for start in starts:
            start.offset = self._consumer.get_watermark_offsets(start, timeout=30)[1]
        self._consumer.assign(starts)
        self.seen = 0

    def until(self, count: int) -> float:
        """Return when (by `time.perf_counter`) the last of so many orders came to its end.

        Raises:
            ParticipantFailed: an order ended otherwise, or no order ends any more.
        """
        last = time.perf_counter()
        while self.seen < count:
            for message in self._consumer.consume(_BATCH, timeout=0.05):
                value = message.value() or b""
                if b'"type":"SagaCompleted"' in value:
                    self._check(value)
                    self.seen += 1
                    last = time.perf_counter()
            if time.perf_counter() - last > _PATIENCE:
                raise ParticipantFailed(f"{self.seen} of {count} orders ended, and no more do")
        return last

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def _check(self, value: bytes) -> None:
        data = json.loads(value)["data"]
        if data["outcome"] != "confirmed":
            raise ParticipantFailed(f"an order came to another end, so figures are void: {data}")


def volumes(bootstrap: str, data: Path) -> dict[str, Volume]:
    """Say what each topic holds; `data` is the broker's own directory."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench-volumes"})
    sizes: Counter[str] = Counter()
    for file in data.glob("*/*.log"):
        sizes[file.parent.name.rpartition("-")[0]] += file.stat().st_size
    try:
        return {
            name: Volume(
                sum(
                    consumer.get_watermark_offsets(TopicPartition(name, at), timeout=30)[1]
                    for at in topic.partitions
                ),
                sizes[name],
            )
            for name, topic in sorted(consumer.list_topics(timeout=30).topics.items())
            if not name.startswith("__")
        }
    finally:
        consumer.close()


def grown(before: dict[str, Volume], after: dict[str, Volume]) -> dict[str, Volume]:
    """Say what was written in between, topic by topic."""
    nothing = Volume(0, 0)
    differences = {
        name: Volume(
            *(now - then for now, then in zip(held, before.get(name, nothing), strict=True))
        )
        for name, held in after.items()
    }
    return {name: volume for name, volume in differences.items() if volume.records}


def timestamps(bootstrap: str, topic: str) -> Iterator[tuple[dict[str, Any], int]]:
    """Give each event of a topic with the time at which it was written, in milliseconds."""
    for message in read(bootstrap, topic):
        yield json.loads(message.value()), message.timestamp()[1]
