"""The auditor: reads the relay's topics with a Kafka client and JSON, and none of our code.

It folds them from offset 0 and says what is wrong: a deposit lost or booked twice, two outputs
of one id that differ, a number missing or used twice in the history of an account or an item,
a total that is not the sum of what was counted.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

Record = tuple[str, int, int, bytes]  # topic, partition, offset, value


@dataclass
class Audit:
    """What the topics say."""

    deposits: dict[str, dict[str, Any]] = field(default_factory=dict)
    bookings: dict[str, bytes] = field(default_factory=dict)
    counts: dict[str, bytes] = field(default_factory=dict)
    repeats: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{len(self.counts)} counted, repeats dropped: {dict(self.repeats) or 'none'}"

    @property
    def complete(self) -> bool:
        """Whether as many were counted as were deposited."""
        return len(self.counts) >= len(self.deposits)


async def read_all(bootstrap: str, topic: str) -> list[Record]:
    """Every record that a topic holds now, each partition in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic, p)
            for p in sorted(consumer.partitions_for_topic(topic) or await _known(consumer, topic))
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        records: list[Record] = []
        while any([await consumer.position(tp) < ends[tp] for tp in partitions]):
            fetched = await consumer.getmany(timeout_ms=500)
            for tp, batch in fetched.items():
                records += [
                    (topic, tp.partition, r.offset, r.value) for r in batch if r.offset < ends[tp]
                ]
        return records
    finally:
        await consumer.stop()


async def _known(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    return set(await consumer._client._wait_on_metadata(topic))


async def audit(bootstrap: str, prefix: str) -> Audit:
    """Read the three topics and judge."""
    names = [prefix + name for name in ("deposits", "bookings", "counts")]
    deposits, bookings, counts = await asyncio.gather(
        *[read_all(bootstrap, name) for name in names]
    )
    return judge(deposits, bookings, counts)


def judge(deposits: list[Record], bookings: list[Record], counts: list[Record]) -> Audit:
    """Compare what came in with what went out."""
    found = Audit()
    for topic, _, _, value in deposits:
        try:
            message = json.loads(value)
            found.deposits[message["id"]] = message["data"]
        except (ValueError, KeyError, TypeError):
            found.repeats[f"undecodable in {topic}"] += 1
    found.bookings = _once(bookings, found)
    found.counts = _once(counts, found)
    _check_bookings(found)
    _check_counts(found)
    return found


def _once(records: list[Record], found: Audit) -> dict[str, bytes]:
    """Records by id; a repeat must have the same bytes."""
    first: dict[str, bytes] = {}
    for topic, partition, offset, value in records:
        key = json.loads(value)["id"]
        if key not in first:
            first[key] = value
        elif first[key] == value:
            found.repeats[topic] += 1
        else:
            found.findings.append(f"{topic}[{partition}]@{offset}: id {key} again with other bytes")
    return first


def _check_bookings(found: Audit) -> None:
    booked: Counter[str] = Counter()
    numbers: dict[str, list[int]] = defaultdict(list)
    for value in found.bookings.values():
        message = json.loads(value)
        booked[message["causationid"]] += 1
        numbers[message["data"]["account"]].append(message["data"]["number"])
        if (
            found.deposits.get(message["causationid"], {}).get("amount")
            != message["data"]["amount"]
        ):
            found.findings.append(f"booking {message['id']} does not say what its deposit said")
    _check_each_once("booked", booked, set(found.deposits), found)
    _check_numbers("account", numbers, found)


def _check_counts(found: Audit) -> None:
    counted: Counter[str] = Counter()
    numbers: dict[str, list[int]] = defaultdict(list)
    totals: dict[str, int] = defaultdict(int)
    last: dict[str, tuple[int, int]] = {}
    for value in found.counts.values():
        data = json.loads(value)["data"]
        counted[data["booking"]] += 1
        numbers[data["item"]].append(data["number"])
        booking = found.bookings.get(data["booking"])
        totals[data["item"]] += json.loads(booking)["data"]["amount"] if booking else 0
        last[data["item"]] = max(last.get(data["item"], (0, 0)), (data["number"], data["total"]))
    _check_each_once("counted", counted, set(found.bookings), found)
    _check_numbers("item", numbers, found)
    for item, (_, total) in last.items():
        if total != totals[item]:
            found.findings.append(
                f"item {item}: total {total}, but its bookings add up to {totals[item]}"
            )


def _check_each_once(what: str, done: Counter[str], due: set[str], found: Audit) -> None:
    found.findings += [
        f"{key} was {what} {times} times" for key, times in done.items() if times > 1
    ]
    found.findings += [f"{key} was {what} but never asked for" for key in set(done) - due]
    if missing := due - set(done):
        found.findings.append(f"{len(missing)} not {what}: {sorted(missing)[:5]}")


def _check_numbers(what: str, numbers: dict[str, list[int]], found: Audit) -> None:
    for name, used in numbers.items():
        if sorted(used) != list(range(1, len(used) + 1)):
            found.findings.append(f"{what} {name}: numbers {_strange(used)}")


def _strange(used: list[int]) -> str:
    counts = Counter(used)
    twice = sorted(n for n, times in counts.items() if times > 1)[:5]
    missing = sorted(set(range(1, max(used) + 1)) - set(used))[:5]
    return f"used twice {twice}, missing {missing}"
