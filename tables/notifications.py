"""The notifications' table: what each customer was told of an order, and mails on their way."""

from __future__ import annotations

import msgspec

from models.messages import Message
from models.notification_messages import NotificationCommand
from models.notifications import Notices, calls
from streams.unit import Unit
from tables import pending

NAME = "notifications"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Notices).decode


def load(unit: Unit[Message], command: NotificationCommand) -> Notices | None:
    """What was said and is being said of an order."""
    value = unit.get(_key(command.order_id))
    return None if value is None else _decode(value)


def store(
    unit: Unit[Message], cause: Message, before: Notices | None, after: Notices | None
) -> None:
    """Replace what was said, and open or close the mails that follow from it."""
    if after is not None and after is not before:
        unit.put(_key(after.order_id), _encode(after))
        pending.replace(unit, cause, calls(before), calls(after))


def _key(order_id: str) -> bytes:
    return b"n/" + order_id.encode()
