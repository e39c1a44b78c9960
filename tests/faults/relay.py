"""The smallest application that can lose, repeat or mix up something: two agents and a re-keying.

`accounts` books deposits that come keyed by account and passes them on keyed by item;
`items` counts them per item. Every output names its place in the history of its aggregate, so
that a reader of the topics alone can tell whether each deposit was booked and counted once.

    RELAY_PREFIX=some. faust -A tests.faults.relay worker

`RELAY_AGENTS=items` runs one of them alone, as an app and consumer group of its own.
"""

from __future__ import annotations

import os
from typing import Any

import msgspec

from models.messages import Catalog, Message, MessageType, Payload, derive_id
from streams.application import Orderflow
from streams.codec import CONTENT_TYPE, Codec
from streams.settings import Settings
from streams.topics import Topic, dead_letters
from streams.unit import Unit
from streams.units import units
from tests.faults.exits import arm_from_environment

arm_from_environment()
MENDED = bool(os.environ.get("RELAY_MENDED"))
PREFIX = os.environ.get("RELAY_PREFIX", "relay.")


class Deposit(Payload, frozen=True, kw_only=True):
    """Put `amount` into an account, for an item."""

    account: str
    item: str
    amount: int
    explode: bool = False  # a bug in the handler, for the tests of raising handlers


class Booked(Payload, frozen=True, kw_only=True):
    """Deposit number `number` of its account was booked."""

    account: str
    item: str
    amount: int
    number: int


class Counted(Payload, frozen=True, kw_only=True):
    """Booking number `number` of its item was counted; `total` includes it."""

    item: str
    booking: str
    number: int
    total: int


class Tally(msgspec.Struct, frozen=True):
    """State of an account or an item: how many, how much, and the last ids from outside."""

    number: int = 0
    total: int = 0
    recent: tuple[str, ...] = ()


RECENT = 50
codec = Codec(Catalog([MessageType(Deposit), MessageType(Booked), MessageType(Counted)]))
encode_tally = msgspec.json.Encoder().encode
decode_tally = msgspec.json.Decoder(Tally).decode


def _topic(name: str) -> Topic:
    return Topic(name=PREFIX + name, key="account or item", carries=name, writer="tests/faults")


deposits, bookings, counts = _topic("deposits"), _topic("bookings"), _topic("counts")
topics = [deposits, bookings, counts, dead_letters(deposits), dead_letters(bookings)]

AGENTS = os.environ.get("RELAY_AGENTS", "accounts,items").split(",")

app = Orderflow(f"{PREFIX}{'-'.join(AGENTS)}", Settings.from_environment(), topics)


def book(unit: Unit[Message], message: Message) -> None:
    """Book a deposit once, however often its producer sends it."""
    deposit = message.data
    assert isinstance(deposit, Deposit)
    if deposit.explode and not MENDED:
        raise RuntimeError("boom")
    tally = load(unit, deposit.account)
    if message.id in tally.recent:
        return
    number = tally.number + 1
    recent = (*tally.recent, message.id)[-RECENT:]
    store(unit, deposit.account, Tally(number, tally.total + deposit.amount, recent))
    data = Booked(account=deposit.account, item=deposit.item, amount=deposit.amount, number=number)
    publish(unit, bookings, follow(message, data, subject=deposit.account, key=deposit.item))


def count(unit: Unit[Message], message: Message) -> None:
    """Count a booking: its origin tells a repeat from a new one."""
    booked = message.data
    assert isinstance(booked, Booked)
    tally = load(unit, booked.item)
    number, total = tally.number + 1, tally.total + booked.amount
    store(unit, booked.item, Tally(number, total))
    data = Counted(item=booked.item, booking=message.id, number=number, total=total)
    publish(unit, counts, follow(message, data, subject=booked.item, key=booked.item))


def load(unit: Unit[Message], name: str) -> Tally:
    """The state under a name."""
    value = unit.get(b"t/" + name.encode())
    return Tally() if value is None else decode_tally(value)


def store(unit: Unit[Message], name: str, tally: Tally) -> None:
    """Replace the state under a name."""
    unit.put(b"t/" + name.encode(), encode_tally(tally))


def publish(unit: Unit[Message], topic: Topic, message: Message) -> None:
    """Put a message into the outbox."""
    unit.emit(topic.name, message.partitionkey.encode(), codec.encode(message), (CONTENT_TYPE,))


def follow(cause: Message, data: Payload, *, subject: str, key: str) -> Message:
    """A message caused by another: the same id whenever it is decided."""
    kind = type(data).__name__
    return Message(
        id=derive_id(cause.id, kind),
        source="relay",
        type=kind,
        subject=subject,
        time=cause.time,
        dataversion=1,
        correlationid=cause.correlationid,
        causationid=cause.id,
        partitionkey=key,
        data=data,
    )


if "accounts" in AGENTS:
    accounts_table = app.state_table(f"{PREFIX}accounts")

    @app.agent(app.source(deposits))
    async def accounts(stream: Any) -> None:
        """Books deposits."""
        async for unit in units(stream, accounts_table, codec.decode):
            unit.each(book)


if "items" in AGENTS:
    items_table = app.state_table(f"{PREFIX}items")

    @app.agent(app.source(bookings))
    async def items(stream: Any) -> None:
        """Counts bookings."""
        async for unit in units(stream, items_table, codec.decode):
            unit.each(count)
