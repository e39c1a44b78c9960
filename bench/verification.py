"""Whether the outputs are right, by a reader that shares no code with any participant."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

# For each key, in order: the id of an input, and the count and total that it leads to.
Steps = dict[str, list[tuple[str, int, int]]]


class WrongOutput(Exception):
    """What a participant wrote is not what follows from its inputs; its figures mean nothing."""


def read(bootstrap: str, topic: str) -> Iterator[Message]:
    """Give every committed record of a topic, partition by partition in order."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench-reader",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    try:
        waiting = set(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, partition, 0) for partition in waiting])
        while waiting:
            for message in consumer.consume(10_000, timeout=1.0):
                if (error := message.error()) is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its only name
                    waiting.discard(message.partition())
                else:
                    raise WrongOutput(f"{topic} cannot be read: {error}")
    finally:
        consumer.close()


def expected(bootstrap: str, topic: str) -> Steps:
    """Fold the inputs: for each key, in order, which input leads to which count and total."""
    steps: Steps = defaultdict(list)
    for message in read(bootstrap, topic):
        event = json.loads(message.value())
        done = steps[event["partitionkey"]]
        total = done[-1][2] if done else 0
        done.append((event["id"], len(done) + 1, total + event["data"]["amount"]))
    return steps


def verify(bootstrap: str, topic: str, steps: Steps) -> None:
    """Compare every output, in order, with what must come out; count, total and cause."""
    written: Steps = defaultdict(list)
    for message in read(bootstrap, topic):
        event: dict[str, Any] = json.loads(message.value())
        state = event["data"]
        written[event["partitionkey"]].append(
            (event["causationid"], state["count"], state["total"])
        )
    for key in steps.keys() | written.keys():
        if written[key] != steps[key]:
            raise WrongOutput(f"{topic}: {key} has {written[key]}, expected {steps[key]}")
