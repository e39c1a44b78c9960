"""How the answer of an outside call becomes a message to the agent that asked for the call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from agents.publishing import CODEC
from models.messages import Message, Payload, derive_id
from streams.codec import CONTENT_TYPE
from streams.effects import Outgoing
from streams.topics import Topic
from tables import pending


class Port(Protocol):
    """The outside, as far as calls go: `agents/gateway.py`, `agents/mail.py`."""

    async def perform(self, call: Any) -> Payload:
        """Make the call; raises TransientError if what came of it is not known."""

    async def find(self, call: Any) -> Payload | None:
        """What came of it; None if nothing is known of its key."""

    async def close(self) -> None:
        """Give connections free."""


@dataclass(frozen=True, kw_only=True)
class Answering:
    """An effect whose outcome is sent as a command to `topic`, about `subject`."""

    name: str
    source: str
    port: Port
    kind: type[Any]
    topic: Topic
    subject: Callable[[Any], str]
    prefix: bytes = pending.PREFIX

    @cached_property
    def _decode(self) -> Callable[[bytes], Any]:
        return pending.reader(self.kind)

    def read(self, value: bytes) -> Any:
        """The pending call, as `tables/pending.py` writes it."""
        return self._decode(value)

    async def perform(self, call: Any) -> Payload:
        """Make the call."""
        return await self.port.perform(call.call)

    async def find(self, call: Any) -> Payload | None:
        """Ask what came of it."""
        return await self.port.find(call.call)

    async def close(self) -> None:
        """Give connections free."""
        await self.port.close()

    def report(self, call: Any, answer: Payload, now: datetime) -> Outgoing:
        """The outcome as a message; told twice, by two workers, it is two messages."""
        message = Message(
            id=derive_id(call.call.key, f"{self.source}:{now.isoformat()}"),
            source=self.source,
            type=type(answer).__name__,
            subject=self.subject(call.call),
            time=now,
            dataversion=1,
            correlationid=call.journey,
            causationid=call.cause,
            partitionkey=call.home,
            data=answer,
        )
        return self.topic, call.home.encode(), CODEC.encode(message), (CONTENT_TYPE,)
