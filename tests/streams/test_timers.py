"""Timers: what is due is published, what is not stays, and no message twice while it stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from models.errors import WorkerMustStop
from streams.store import PartitionStore
from streams.timers import PAGE, Alarm, Timers, clear_timer, set_timer
from tests.faults.workers import eventually
from tests.streams.fakes import turns

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


class Clock:
    """A clock that stands until it is put forward."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


class Broker:
    """What timers use of the app."""

    def __init__(self) -> None:
        self.log_of_commits = self
        self.published: list[str] = []
        self.refusing: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.crash_reason: BaseException | None = None

    async def accept(self, topic: str, key: bytes, value: bytes, headers: object) -> None:
        assert (topic, key, headers) == ("rings", b"home", (("kind", b"alarm"),))
        await self.gate.wait()
        if self.refusing:
            raise self.refusing.pop()
        self.published.append(value.decode())

    async def crash(self, reason: BaseException) -> None:
        self.crash_reason = reason


class Lane:
    """A partition whose commits the timers follow; also the unit of work of the next commit."""

    writer = "stock/0"

    def __init__(self, timers: Timers, store: PartitionStore) -> None:
        self.timers: Any = timers
        self.store = store
        self.writes: dict[bytes, bytes | None] = {}
        self.unit: Any = self

    def put(self, key: bytes, value: bytes) -> None:
        self.writes[key] = value

    def delete(self, key: bytes) -> None:
        self.writes[key] = None

    def set(self, name: str, due: datetime, says: str | None = None) -> None:
        alarm = Alarm("rings", b"home", (says or name).encode(), (("kind", b"alarm"),))
        set_timer(self.unit, due, name, alarm)

    def clear(self, name: str, due: datetime) -> None:
        clear_timer(self.unit, due, name)

    def commit(self) -> None:
        states, self.writes = self.writes, {}
        self.store.write(states)
        self.timers.committed(self, states)

    def open(self) -> None:
        self.timers.opened(self)

    def close(self) -> None:
        self.timers.closed(self)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
async def lane(broker: Any, clock: Clock, tmp_path: Path) -> AsyncIterator[Lane]:
    lane = Lane(Timers(broker, "stock", clock), PartitionStore(tmp_path / "store"))
    yield lane
    lane.close()
    lane.store.close()


def published(broker: Broker, *names: str) -> Any:
    """Wait until these were published, in whatever order, and nothing else."""
    return eventually(lambda: sorted(broker.published) == sorted(names), f"{names} are published")


async def test_a_timer_is_published_when_its_time_has_come_and_not_before(
    lane: Lane, broker: Broker, clock: Clock
) -> None:
    lane.open()
    lane.set("later", NOON + 2 * SECOND)
    lane.set("soon", NOON + SECOND)
    lane.commit()
    await turns()
    assert broker.published == []

    clock.time += SECOND
    lane.set("now", NOON + SECOND)
    lane.commit()

    await published(broker, "now", "soon")


async def test_it_sleeps_until_the_first_timer_and_no_longer(lane: Lane, broker: Broker) -> None:
    lane.timers.now = partial(datetime.now, UTC)
    lane.open()
    lane.set("at last", datetime.now(UTC) + HOUR)
    lane.commit()
    await turns()

    lane.set("soon", datetime.now(UTC) + timedelta(milliseconds=30))
    lane.commit()

    await published(broker, "soon")


async def test_timers_that_came_due_while_nobody_watched_are_published_at_once(
    lane: Lane, broker: Broker
) -> None:
    names = [str(number) for number in range(3 * PAGE)]
    for name in names:
        lane.set(name, NOON - HOUR)
    lane.set("not yet", NOON + SECOND)
    lane.commit()

    lane.open()

    await published(broker, *names)


async def test_a_timer_that_stands_is_published_once_by_one_owner_and_again_by_the_next(
    lane: Lane, broker: Broker, clock: Clock
) -> None:
    lane.set("standing", NOON)
    lane.commit()
    lane.open()
    await published(broker, "standing")

    clock.time += SECOND
    lane.set("other", NOON + SECOND)
    lane.commit()
    await published(broker, "standing", "other")

    lane.close()
    lane.open()
    await published(broker, "standing", "other", "standing", "other")


async def test_a_timer_that_was_cleared_is_not_published(
    lane: Lane, broker: Broker, clock: Clock
) -> None:
    lane.open()
    lane.set("cleared", NOON + SECOND)
    lane.set("standing", NOON + SECOND)
    lane.commit()
    lane.clear("cleared", NOON + SECOND)
    lane.commit()

    clock.time += SECOND
    lane.set("now", NOON)
    lane.commit()

    await published(broker, "now", "standing")


async def test_a_timer_that_is_set_for_a_time_in_the_past_is_due_at_once(
    lane: Lane, broker: Broker
) -> None:
    lane.open()
    lane.set("first", NOON)
    lane.commit()
    await published(broker, "first")

    lane.set("past", NOON - HOUR)
    lane.set("withdrawn", NOON - HOUR)
    lane.commit()
    lane.clear("withdrawn", NOON - HOUR)
    lane.commit()

    await published(broker, "first", "past")


async def test_a_clock_that_was_put_back_is_waited_for(
    lane: Lane, broker: Broker, clock: Clock
) -> None:
    lane.open()
    clock.time = NOON + HOUR
    await turns()
    lane.set("first", NOON)
    lane.commit()
    await eventually(lambda: broker.published == ["first"], "all up to one o'clock was looked at")
    clock.time = NOON
    for name, due in (("later", NOON + 2 * SECOND), ("soon", NOON + SECOND)):
        lane.set(name, due)
    lane.commit()
    await turns()
    assert broker.published == ["first"]

    clock.time = NOON + SECOND
    await eventually(lambda: broker.published == ["first", "soon"], "the one that is due by now")


async def test_a_timer_that_is_set_anew_is_published_as_it_is_now(
    lane: Lane, broker: Broker
) -> None:
    lane.open()
    lane.set("same", NOON, says="before")
    lane.commit()
    await published(broker, "before")

    lane.set("same", NOON, says="after")
    lane.commit()

    await published(broker, "before", "after")


async def test_a_timer_that_is_set_while_others_are_published_is_not_passed_over(
    lane: Lane, broker: Broker
) -> None:
    lane.set("earlier", NOON - 2 * SECOND)
    lane.set("later", NOON)
    lane.commit()
    broker.gate.clear()
    lane.open()
    await turns()

    lane.set("between", NOON - SECOND)
    lane.commit()
    broker.gate.set()

    await published(broker, "earlier", "between", "later")


async def test_a_broker_that_is_away_is_waited_for(lane: Lane, broker: Broker) -> None:
    broker.refusing = [KafkaTimeoutError(), KafkaTimeoutError()]
    lane.set("patient", NOON)
    lane.commit()

    lane.open()

    await published(broker, "patient")


async def test_a_message_that_kafka_will_never_take_stops_the_worker(
    lane: Lane, broker: Broker
) -> None:
    broker.refusing = [WorkerMustStop("there is no such topic")]
    lane.set("refused", NOON)
    lane.commit()

    lane.open()

    await eventually(lambda: isinstance(broker.crash_reason, WorkerMustStop), "the worker stops")


async def test_a_partition_that_is_lost_is_watched_no_longer(lane: Lane, broker: Broker) -> None:
    broker.gate.clear()
    lane.set("mine", NOON)
    lane.commit()
    lane.open()
    await turns()

    lane.close()
    lane.set("not mine", NOON)
    lane.commit()
    broker.gate.set()
    await turns()

    assert broker.published == []


async def test_never_more_than_a_page_of_timers_is_read_at_once(
    lane: Lane, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[int] = []
    scan = lane.store.scan

    def limited(prefix: bytes, *, after: bytes | None, limit: int) -> Any:
        limits.append(limit)
        return scan(prefix, after=after, limit=limit)

    monkeypatch.setattr(lane.store, "scan", limited)
    for number in range(2 * PAGE):
        lane.set(str(number), NOON)
    lane.commit()

    lane.open()

    await eventually(lambda: len(broker.published) == 2 * PAGE, "all are published")
    assert set(limits) == {PAGE}
