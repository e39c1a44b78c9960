"""The way of every command: load, decide, evolve, publish, store.

The same lines for each aggregate; what differs is its model and its table. A command from outside
has to lie where its aggregate is decided, and is decided once, however often it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from agents.publishing import follow, publish
from models.messages import Message, Payload
from streams.addressing import check_address
from streams.topics import Topic
from streams.unit import Unit
from tables.inbox import NEW, Receipt, Verdict, receive

REUSED = "its id was used before with another body; use a new id for a new command"


class State(Protocol):
    """What an aggregate's state must have."""

    @property
    def version(self) -> int:
        """How many events have made it."""


S = TypeVar("S", bound=State)


@dataclass(frozen=True, kw_only=True)
class Aggregate(Generic[S]):
    """A context's model and its table.

    `subject` tells the id of the aggregate that a command is about, `home` the partition key that
    it must have, or None if any will do. `inbox` is for those whose commands carry nothing else by
    which a repeat could be known. `then` adds what is no event.
    """

    source: str
    topic: Topic
    subject: Callable[[Any], str]
    home: Callable[[Any], str | None]
    load: Callable[[Unit[Message], Any], S | None]
    store: Callable[[Unit[Message], Message, S | None, S | None], None]
    decide: Callable[[S | None, Any], Sequence[Payload]]
    evolve: Callable[[S | None, Any], S | None]
    refuse: Callable[[S | None, Any, str], Payload]
    inbox: bool = False
    then: Callable[[Unit[Message], Message, S | None], None] | None = None

    def handle(self, unit: Unit[Message], message: Message) -> Sequence[Payload]:
        """Decide on a command that has come; returns its events."""
        command = message.data
        if unit.foreign:
            check_address(unit, message, self.subject(command), self.home(command))
        receipt = receive(unit, message) if self.inbox else NEW
        before = self.load(unit, command)
        events = self._decide(receipt, before, message)
        after = self._take(unit, message, command, before, events, receipt.body)
        if self.then is not None and receipt.verdict is Verdict.NEW:
            self.then(unit, message, after)
        return events

    def decide_on(
        self, unit: Unit[Message], cause: Message, command: Payload, index: int
    ) -> Sequence[Payload]:
        """Decide on a command that follows from the fact in hand; returns its events."""
        before = self.load(unit, command)
        events = self.decide(before, command)
        self._take(unit, cause, command, before, events, index)
        return events

    def _take(  # noqa: PLR0913, PLR0917 - what a decision is made of
        self,
        unit: Unit[Message],
        cause: Message,
        command: Payload,
        before: S | None,
        events: Sequence[Payload],
        first: int,
    ) -> S | None:
        after = before
        for index, event in enumerate(events, first):
            after = self.evolve(after, event)
            publish(unit, self.topic, self._event(unit, cause, command, event, index, after))
        self.store(unit, cause, before, after)
        return after

    def _decide(self, receipt: Receipt, state: S | None, message: Message) -> Sequence[Payload]:
        match receipt.verdict:
            case Verdict.NEW:
                return self.decide(state, message.data)
            case Verdict.CONFLICT:
                return (self.refuse(state, message.data, REUSED),)
            case Verdict.REPEAT:
                return ()

    def _event(  # noqa: PLR0913, PLR0917 - what an event is made of
        self,
        unit: Unit[Message],
        cause: Message,
        command: Payload,
        data: Payload,
        index: int,
        state: S | None,
    ) -> Message:
        return follow(
            unit,
            cause,
            data,
            source=self.source,
            subject=self.subject(command),
            index=index,
            sequence=state.version if state is not None and state.version else None,
        )
