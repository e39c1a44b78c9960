"""The smallest application with timers: it is asked to ring at a time, rings, and hears it.

    RELAY_PREFIX=some. faust -A tests.faults.alarm_clock worker

`CLOCK_AHEAD` is by how many seconds its clock is fast, so that nobody has to wait.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from models.messages import Catalog, Instant, Message, MessageType, Payload, derive_id
from streams.application import Orderflow
from streams.codec import CONTENT_TYPE, Codec
from streams.settings import Settings
from streams.timers import Alarm, Timers, clear_timer, due_key, set_timer
from streams.topics import Topic, dead_letters
from streams.unit import Unit
from streams.units import units

PREFIX = os.environ.get("RELAY_PREFIX", "alarm_clock.")
AHEAD = timedelta(seconds=int(os.environ.get("CLOCK_AHEAD", "0")))


class Wish(Payload, frozen=True, kw_only=True):
    """Ring at `at`."""

    name: str
    at: Instant


class Ring(Payload, frozen=True, kw_only=True):
    """It is `at`."""

    name: str
    at: Instant


class Noted(Payload, frozen=True, kw_only=True):
    """A wish was noted, or a ring heard."""

    name: str
    what: str


codec = Codec(Catalog([MessageType(Wish), MessageType(Ring), MessageType(Noted)]))


def _topic(name: str) -> Topic:
    return Topic(name=PREFIX + name, key="name", carries=name, writer="tests/faults")


wishes, rings, notes = _topic("wishes"), _topic("rings"), _topic("notes")
topics = [wishes, rings, notes, dead_letters(wishes), dead_letters(rings)]


def handle(unit: Unit[Message], message: Message) -> None:
    """Set a timer; and when it rings, clear it."""
    said: Any = message.data
    if isinstance(said, Wish):
        ring = encoded(message, Ring(name=said.name, at=said.at))
        alarm = Alarm(rings.name, said.name.encode(), ring, (CONTENT_TYPE,))
        set_timer(unit, said.at, said.name, alarm)
        note(unit, message, "noted")
    elif unit.get(due_key(said.at, said.name)) is not None:
        clear_timer(unit, said.at, said.name)
        note(unit, message, "heard")


def note(unit: Unit[Message], cause: Message, what: str) -> None:
    """Say what was done."""
    name = cause.partitionkey
    value = encoded(cause, Noted(name=name, what=what))
    unit.emit(notes.name, name.encode(), value, (CONTENT_TYPE,))


def encoded(cause: Message, data: Payload) -> bytes:
    """A message that follows from another, as it goes to its topic."""
    kind = type(data).__name__
    follower = Message(
        id=derive_id(cause.id, kind),
        source="alarm clock",
        type=kind,
        subject=cause.subject,
        time=cause.time,
        dataversion=1,
        correlationid=cause.correlationid,
        causationid=cause.id,
        partitionkey=cause.partitionkey,
        data=data,
    )
    return codec.encode(follower)


def clock() -> datetime:
    """What time it is in this process."""
    return datetime.now(UTC) + AHEAD


app = Orderflow(f"{PREFIX}alarm_clock", Settings.from_environment(), topics)
table = app.state_table(f"{PREFIX}alarms")
app.follow(table.name, Timers(app, table.name, clock))


@app.agent(app.source(wishes, rings))
async def alarm_clock(stream: Any) -> None:
    """Rings when it was asked to."""
    async for unit in units(stream, table, codec.decode):
        unit.each(handle)
