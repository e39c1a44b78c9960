"""Choreography: how a context reacts to facts of the others, by rules of its own.

A policy (`models/*_policy.py`) says what a fact means to its context, and what it wants then; here
that becomes commands, each of them once. What a context wants of its own aggregate is decided at
once, and the events that come of it are facts to it as well.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from agents.publishing import at_home
from models.messages import Message, Payload
from streams.unit import Unit
from tables.memories import Memories

M = TypeVar("M", bound=msgspec.Struct)


class Follow(Protocol[M]):
    """What a fact makes of a memory."""

    def __call__(self, memory: M | None, fact: Payload, *, home: str, now: datetime) -> M | None:
        """The memory after a fact; `home` is its partition key, `now` when it was written."""


@dataclass(frozen=True, kw_only=True)
class Policy(Generic[M]):
    """The rules of one context, its memories, and what it does with a command that it wants.

    `issue` gets the message in hand, the command, and the first free index for ids; it returns the
    events of the context's own aggregate, if that decided. `remind` sets the clock by what was and
    what is remembered.
    """

    follow: Follow[M]
    wanted: Callable[[M | None], tuple[Payload, ...]]
    finished: Callable[[M], bool]
    memories: Memories[M]
    issue: Callable[[Unit[Message], Message, Payload, int], Iterable[Payload]]
    remind: Callable[[Unit[Message], Message, M | None, M | None], None] | None = None

    def react(self, unit: Unit[Message], message: Message) -> None:
        """Take a fact of another context.

        What no agent of ours wrote is history that was brought here: nobody acts on it again.
        """
        if not unit.foreign:
            self.after(unit, message, (message.data,))

    def after(self, unit: Unit[Message], message: Message, events: Iterable[Payload]) -> None:
        """Take facts that follow from the message in hand, and what follows from them in turn."""
        facts = deque(events)
        order_id: str | None = getattr(facts[0], "order_id", None) if facts else None
        if order_id is None or not at_home(message, order_id):
            return
        before = memory = self.memories.load(unit, order_id)
        index = len(facts)
        while facts:
            asked = set(self.wanted(memory))
            fact = facts.popleft()
            memory = self.follow(memory, fact, home=message.partitionkey, now=unit.time)
            for command in self.wanted(memory):
                if command not in asked:
                    facts.extend(self.issue(unit, message, command, index))
                    index = index + 1 + len(facts)
        if memory is not None and self.finished(memory):
            memory = None
        self.memories.store(unit, order_id, before, memory)
        if self.remind is not None and memory is not before:
            self.remind(unit, message, before, memory)


def decided(aggregate: Any) -> Callable[[Unit[Message], Message, Any, int], Iterable[Payload]]:
    """Return what has a context's own aggregate decide on the commands of its policy."""

    def issue(
        unit: Unit[Message], cause: Message, command: Payload, index: int
    ) -> Iterable[Payload]:
        events: tuple[Payload, ...] = aggregate.decide_on(unit, cause, command, index)
        return events

    return issue
