"""Timers on a real Kafka: no kill and no lost disk forgets one, and none rings on for ever."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.partitioner import partition_of
from streams.provision import provision
from streams.topics import Topic
from tests.faults.workers import Worker, eventually

PARTITIONS = 4
TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
AHEAD = str(2 * 24 * 60 * 60)  # a clock that is two days fast has seen tomorrow


class AlarmClock(Worker):
    """A worker of the application with timers."""

    app = "tests.faults.alarm_clock"


class Scene:
    """An alarm clock, what it is asked, and what it says."""

    def __init__(self, broker: str, prefix: str, worker: Worker) -> None:
        self.broker = broker
        self.prefix = prefix
        self.worker = worker
        self.said: dict[str, list[bytes]] = {"notes": [], "rings": []}

    async def open(self) -> None:
        topics = [
            Topic(name=self.prefix + name, key="-", carries=name, writer="-")
            for name in ("wishes", "rings", "notes")
        ]
        await provision(self.broker, topics, partitions=PARTITIONS, replication=1)
        self.producer = AIOKafkaProducer(bootstrap_servers=self.broker)
        self.consumer = AIOKafkaConsumer(
            *[self.prefix + name for name in self.said],
            bootstrap_servers=self.broker,
            auto_offset_reset="earliest",
        )
        await self.producer.start()
        await self.consumer.start()

    async def close(self) -> None:
        await self.producer.stop()
        await self.consumer.stop()

    async def wish(self, name: str, at: datetime) -> None:
        """Ask it to ring, and wait until it has noted that."""
        event = {
            "specversion": "1.0",
            "id": f"wish-{name}",
            "source": "outside",
            "type": "Wish",
            "subject": name,
            "time": "2026-03-02T10:00:00Z",
            "dataversion": 1,
            "correlationid": name,
            "partitionkey": name,
            "data": {"name": name, "at": at.isoformat()},
        }
        await self.producer.send_and_wait(
            self.prefix + "wishes",
            json.dumps(event).encode(),
            key=name.encode(),
            partition=partition_of(name.encode(), PARTITIONS),
        )
        await self.hears(f"{name} noted")

    async def hears(self, *what: str) -> None:
        """Wait until it has said this."""
        await eventually(lambda: self._noted(set(what)), f"it says {what}")

    async def _noted(self, what: set[str]) -> bool:
        for records in (await self.consumer.getmany(timeout_ms=100)).values():
            for record in records:
                self.said[record.topic.removeprefix(self.prefix)].append(record.value)
        notes = [json.loads(value)["data"] for value in self.said["notes"]]
        return what <= {f"{note['name']} {note['what']}" for note in notes}

    @property
    def rings(self) -> list[str]:
        """Who it has rung for so far, each time."""
        return [json.loads(value)["subject"] for value in self.said["rings"]]


@pytest.fixture
async def scene(broker: str, tmp_path: Path, unique: str) -> AsyncIterator[Scene]:
    """An alarm clock that shows the right time."""
    worker = AlarmClock(tmp_path / "clock", broker, unique)
    scene = Scene(broker, unique, worker)
    await scene.open()
    worker.start()
    yield scene
    worker.kill()
    await scene.close()


@pytest.mark.parametrize("disk", ["kept", "lost"])
async def test_a_timer_outlives_the_worker_that_it_was_set_in(scene: Scene, disk: str) -> None:
    worker = scene.worker
    await scene.wish("mina", TOMORROW)
    await scene.wish("hana", TOMORROW + timedelta(seconds=1))
    await scene.wish("in a year", TOMORROW + timedelta(days=365))
    worker.kill()
    if disk == "lost":
        worker.wipe()
    assert scene.rings == []

    worker.start(CLOCK_AHEAD=AHEAD)
    await scene.hears("mina heard", "hana heard")

    worker.kill()
    worker.start(CLOCK_AHEAD=AHEAD)
    await scene.wish("ari", TOMORROW)
    await scene.hears("ari heard")
    assert sorted(scene.rings) == ["ari", "hana", "mina"]
