"""The orders' table: the state of each order, under its id."""

from __future__ import annotations

import msgspec

from models.messages import Message
from models.order_messages import OrderCommand
from models.orders import Order
from streams.unit import Unit

NAME = "orders"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Order).decode


def load(unit: Unit[Message], command: OrderCommand) -> Order | None:
    """The order that a command is about, if there is one."""
    value = unit.get(_key(command.order_id))
    return None if value is None else _decode(value)


def store(unit: Unit[Message], _: Message, before: Order | None, after: Order | None) -> None:
    """Replace the state of an order."""
    if after is not None and after is not before:
        unit.put(_key(after.order_id), _encode(after))


def _key(order_id: str) -> bytes:
    return b"o/" + order_id.encode()
