"""Reads what there is to judge: topics from offset 0, and the ledgers of gateway and mail provider.

Topics are read up to where they end when reading begins. Nothing is judged here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.audit.envelopes import DEAD
from tests.audit.grammar import KINDS
from tests.audit.records import Record

PATIENCE = 30_000  # milliseconds without any record before reading is given up
_NAMES = tuple(dict.fromkeys(topic for topic, _ in KINDS))


class Unreadable(Exception):
    """Something could not be read; the message names it, and the cure."""


class Topics(NamedTuple):
    """All records by topic, and how many partitions each topic has."""

    records: dict[str, list[Record]]
    partitions: int


async def read_topics(broker: str, prefix: str = "") -> Topics:
    """Read every record of every topic of Orderflow, and of their dead letters.

    `prefix` stands before the names of all topics in Kafka, and is left out of the records.

    Raises:
        Unreadable: Kafka does not answer, or has no such topics.
    """
    try:
        counts = await _partitions(broker, prefix)
        places = [TopicPartition(name, p) for name, count in counts.items() for p in range(count)]
        records = await _read(broker, places, prefix)
        return Topics(records, counts[prefix + _NAMES[0]])
    except (KafkaError, OSError) as error:
        raise Unreadable(
            f"Kafka at {broker} cannot be read ({error!r}): start it (`make kafka`), or name"
            " another with --broker HOST:PORT"
        ) from error


async def _partitions(broker: str, prefix: str) -> dict[str, int]:
    names = [prefix + name for name in _NAMES]
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    try:
        await admin.start()
        known = await admin.describe_topics([*names, *(name + DEAD for name in names)])
    finally:
        await admin.close()
    counts = {each["topic"]: len(each["partitions"]) for each in known if not each["error_code"]}
    missing = [name for name in names if name not in counts]
    if missing:
        raise Unreadable(
            f"Kafka at {broker} has no topic {', '.join(missing)}: start the write side once"
            " (`faust -A streams.app worker`), or name another Kafka with --broker HOST:PORT"
        )
    return counts


async def _read(
    broker: str, places: Sequence[TopicPartition], prefix: str
) -> dict[str, list[Record]]:
    names = {place.topic: place.topic.removeprefix(prefix) for place in places}
    records: dict[str, list[Record]] = {name: [] for name in names.values()}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, auto_offset_reset="earliest", enable_auto_commit=False,
        max_partition_fetch_bytes=8 << 20,
    )  # fmt: skip
    await consumer.start()
    try:
        ends = await consumer.end_offsets(places)
        begins = await consumer.beginning_offsets(places)
        unread = {place for place in places if begins[place] < ends[place]}
        consumer.assign(unread)
        while unread:
            fetched = await consumer.getmany(*unread, timeout_ms=PATIENCE)
            if not fetched:
                raise Unreadable(
                    f"Kafka at {broker} gave no more records of {min(unread)} for"
                    f" {PATIENCE // 1000} s: look at its log, then audit again"
                )
            for place, batch in fetched.items():
                end, name = ends[place], names[place.topic]
                records[name] += [
                    Record(name, r.partition, r.offset, r.key, r.value, r.headers, r.timestamp)
                    for r in batch
                    if r.offset < end
                ]
                if batch[-1].offset >= end - 1:
                    unread.discard(place)
                    consumer.pause(place)  # else every fetch would wait for more of it
        return records
    finally:
        await consumer.stop()


async def read_ledger(source: str, name: str) -> list[Mapping[str, Any]]:
    """Read `ledger` or `mails` from a gateway's address, or from `NAME.ndjson` in a folder.

    Raises:
        Unreadable: it is not there, or not lines of JSON.
    """
    try:
        if source.startswith(("http://", "https://")):
            text = await _get(f"{source.rstrip('/')}/{name}")
        else:
            text = (Path(source) / f"{name}.ndjson").read_text()
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
        raise Unreadable(
            f"the gateway's {name} cannot be read from {source} ({error!r}): start it"
            " (`python -m deploy.gateway`), or give with --gateway its address, or a folder with"
            " ledger.ndjson and mails.ndjson"
        ) from error


async def _get(url: str) -> str:
    async with aiohttp.ClientSession(raise_for_status=True) as http, http.get(url) as answer:
        return await answer.text()
