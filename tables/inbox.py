"""The inbox of a table: which messages from outside were handled (the idempotent receiver).

Messages of our own agents are recognised by their origin; those of HTTP, the command line and
foreign producers by their id: the same id and body is a repeat, another body under it a conflict.
"""

from __future__ import annotations

from enum import Enum

from models.messages import Message, derive_id, fingerprint
from streams.unit import Unit


class Verdict(Enum):
    """What an inbox says of a message."""

    NEW = "new"
    REPEAT = "repeat"
    CONFLICT = "conflict"


def receive(unit: Unit[Message], message: Message) -> Verdict:
    """Return what is known of a message in this table, and know it from here on."""
    if not unit.foreign:
        return Verdict.NEW
    key = b"i/" + derive_id(message.source, message.id).encode()
    body = f"{message.type}/{fingerprint(message.data)}".encode()
    known = unit.get(key)
    if known is None:
        unit.put(key, body)
        return Verdict.NEW
    return Verdict.REPEAT if known == body else Verdict.CONFLICT
