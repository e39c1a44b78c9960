"""The sagas' table: how far each order's checkout is, until nothing can come any more."""

from __future__ import annotations

import msgspec

from models.messages import Message
from models.saga_state import Saga
from models.sagas import finished
from streams.unit import Unit

NAME = "sagas"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Saga).decode


def load(unit: Unit[Message], order_id: str) -> Saga | None:
    """The saga of an order, if it is under way."""
    value = unit.get(_key(order_id))
    return None if value is None else _decode(value)


def store(unit: Unit[Message], before: Saga | None, after: Saga | None) -> None:
    """Replace a saga; one that is finished leaves the table, its history is in the topic."""
    if after is None or after is before:
        return
    if finished(after):
        unit.delete(_key(after.order_id))
    else:
        unit.put(_key(after.order_id), _encode(after))


def _key(order_id: str) -> bytes:
    return b"s/" + order_id.encode()
