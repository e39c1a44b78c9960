"""What a context remembers of an order that no coordinator drives: a record beside its own."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

import msgspec

from models.messages import Message
from streams.unit import Unit

PREFIX: Final = "m/"

M = TypeVar("M", bound=msgspec.Struct)

_encode = msgspec.json.Encoder().encode


class Memories(Generic[M]):
    """The memories of one context, in the table of the agent whose unit of work is in hand."""

    def __init__(self, kind: type[M]) -> None:
        self._decode: Any = msgspec.json.Decoder(kind).decode

    def load(self, unit: Unit[Message], order_id: str) -> M | None:
        """What is remembered of an order, if anything."""
        value = unit.get(_key(order_id))
        return None if value is None else self._decode(value)

    def store(self, unit: Unit[Message], order_id: str, before: M | None, after: M | None) -> None:
        """Replace what has changed; None forgets it."""
        if after is None and before is not None:
            unit.delete(_key(order_id))
        elif after is not None and after is not before:
            unit.put(_key(order_id), _encode(after))


def _key(order_id: str) -> bytes:
    return (PREFIX + order_id).encode()
