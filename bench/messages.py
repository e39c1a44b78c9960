"""What every participant reads and writes: CloudEvents in JSON, and the state kept per key.

An input follows from its number alone, so that a reader can say what must come out without asking
a participant.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

KEYS = 10_000
CONTENT_TYPE = [("content-type", b"application/cloudevents+json")]

Data = TypeVar("Data")


class Paid(msgspec.Struct, frozen=True):
    """What an input says: an amount in minor units."""

    amount: int
    currency: str


class Counted(msgspec.Struct, frozen=True):
    """The state of one key, and what an output says of it."""

    count: int = 0
    total: int = 0


class Envelope(msgspec.Struct, Generic[Data], frozen=True, kw_only=True):
    """CloudEvents 1.0, structured mode, with the extensions of the order backbone."""

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str = "application/json"
    dataversion: int = 1
    sequence: int
    correlationid: str
    causationid: str
    partitionkey: str
    data: Data


encode = msgspec.json.Encoder().encode
decode_input = msgspec.json.Decoder(Envelope[Paid]).decode
decode_state = msgspec.json.Decoder(Counted).decode


def payment(number: int) -> Envelope[Paid]:
    """Give the input of this number; 410 bytes as JSON."""
    user = f"user-{number % KEYS:05d}"
    identity = f"{user}:{number:026d}"
    return Envelope(
        id=identity,
        source="/bench/load",
        type="PaymentTaken",
        subject=user,
        time="2026-01-01T00:00:00.000Z",
        sequence=number // KEYS + 1,
        correlationid=identity,
        causationid=identity,
        partitionkey=user,
        data=Paid(amount=number * 7919 % 10_000, currency="EUR"),
    )


def counted(state: Counted, cause: Envelope[Paid]) -> Counted:
    """Decide the new state: the work of one step, the same for every participant."""
    return Counted(state.count + 1, state.total + cause.data.amount)


def announced(state: Counted, cause: Envelope[Paid]) -> Envelope[Counted]:
    """Give the output that carries the new state."""
    return Envelope(
        id=f"{cause.id}/counted",
        source="/bench/step",
        type="PaymentsCounted",
        subject=cause.subject,
        time=cause.time,
        sequence=state.count,
        correlationid=cause.correlationid,
        causationid=cause.id,
        partitionkey=cause.partitionkey,
        data=state,
    )
