"""The inbox of a table: which messages from outside were handled (the idempotent receiver).

Messages of our own agents are recognised by their origin; those of HTTP, the command line and
foreign producers by their id: the same id and body is a repeat, another body under it a conflict,
which is refused once for each body.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from models.messages import Message, derive_id, fingerprint
from streams.unit import Unit

MOST_BODIES: Final = 100  # under one id; whoever sends more has been told often enough


class Verdict(Enum):
    """What an inbox says of a message."""

    NEW = "new"
    REPEAT = "repeat"
    CONFLICT = "conflict"


class Receipt(NamedTuple):
    """A verdict, and the how many-th body this is under its id, from 0."""

    verdict: Verdict
    body: int = 0


NEW: Final = Receipt(Verdict.NEW)


def receive(unit: Unit[Message], message: Message) -> Receipt:
    """Return what is known of a message in this table, and know it from here on."""
    if not unit.foreign:
        return NEW
    key = b"i/" + derive_id(message.source, message.id).encode()
    body = f"{message.type}/{fingerprint(message.data)}".encode()
    value = unit.get(key)
    known = [] if value is None else value.split(b" ")
    if body in known or len(known) >= MOST_BODIES:
        return Receipt(Verdict.REPEAT)
    unit.put(key, b" ".join([*known, body]))
    return Receipt(Verdict.CONFLICT if known else Verdict.NEW, len(known))
