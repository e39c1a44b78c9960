"""Tests as sentences: given what happened, when somebody asks, then this follows.

order = Aggregate(decide, evolve)
order.given(CREATED).when(CONFIRM).then(CONFIRMED).when(SHIP).then(SHIPPED)

`then()` says that nothing follows. It checks the events alone; `state` is their fold, for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Generic, TypeVar

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")


@dataclass(frozen=True)
class Aggregate(Generic[S, C, E]):
    """The two functions that make an aggregate."""

    decide: Callable[[S | None, C], tuple[E, ...]]
    evolve: Callable[[S | None, E], S | None]

    def given(self, *events: E) -> Past[S, C, E]:
        """Begin a sentence with what has happened: nothing, if the aggregate does not exist."""
        return Past(self, events)


@dataclass(frozen=True)
class Past(Generic[S, C, E]):
    """All that has happened to one aggregate."""

    aggregate: Aggregate[S, C, E]
    events: tuple[E, ...]

    @property
    def state(self) -> S | None:
        """The fold of the events."""
        beginning: S | None = None
        return reduce(self.aggregate.evolve, self.events, beginning)

    def when(self, command: C) -> Decision[S, C, E]:
        """Ask for something."""
        return Decision(self, command, self.aggregate.decide(self.state, command))


@dataclass(frozen=True)
class Decision(Generic[S, C, E]):
    """What was decided about a command."""

    past: Past[S, C, E]
    command: C
    events: tuple[E, ...]

    def then(self, *expected: E) -> Past[S, C, E]:
        """Check that exactly these events follow; the sentence may go on from them."""
        assert self.events == expected, (
            f"given {self.past.events}\nwhen {self.command}\nthen {self.events}\nnot {expected}"
        )
        return Past(self.past.aggregate, self.past.events + self.events)
