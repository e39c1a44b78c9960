"""Calls to the outside that are not answered yet, as records beside the aggregate that made them.

The effect executor reads them; the aggregate says which there are (`calls`), so that a call is
pending from the commit that asks for it to the commit that takes its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from models.messages import Message
from streams.unit import Unit

PREFIX = b"c/"


class Keyed(Protocol):
    """A call, recognised by its idempotency key."""

    @property
    def key(self) -> str:
        """Under which it is made, every time."""


C = TypeVar("C", bound=Keyed)


class Pending(msgspec.Struct, Generic[C], frozen=True):
    """A call, the message that caused it, and the journey it belongs to.

    `home` is the partition key to which the answer must come.
    """

    call: C
    cause: str
    journey: str
    home: str


def reader(kind: type[Any]) -> Callable[[bytes], Any]:
    """What reads the pending calls of a kind."""
    return msgspec.json.Decoder(Pending[kind]).decode  # type: ignore[valid-type]  # made at start


_encode = msgspec.json.Encoder().encode


def replace(
    unit: Unit[Message], cause: Message, before: Iterable[Keyed], after: Iterable[Keyed]
) -> None:
    """Write the calls that a decision has opened, end those that it has closed."""
    open_before = {call.key for call in before}
    open_after = {call.key: call for call in after}
    for key in open_before - open_after.keys():
        unit.delete(PREFIX + key.encode())
    for key, call in open_after.items():
        if key not in open_before:
            pending = Pending(call, cause.id, cause.correlationid, cause.partitionkey)
            unit.put(PREFIX + key.encode(), _encode(pending))
