"""The messages of one order: what caused what, and how long the chains of causes are.

A hop is from a message to one that it caused, so that hops in a row are what must happen one after
the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

_SAYS_SO = ("OrderCancelled", "OrderRejected", "OrderConfirmed")  # the first that there is
_OVER = ("SagaCompleted", "SagaStuck")

Event = dict[str, Any]


class Story:
    """The messages of one order, in any order, with the topic of each in `topic`."""

    def __init__(self, messages: Iterable[Event]) -> None:
        self._messages = {each["id"]: each for each in messages}

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def over(self) -> bool:
        """Whether its saga has come to an end, or to one who must look at it."""
        return any(each["type"] in _OVER for each in self._messages.values())

    @property
    def orders(self) -> int:
        """How many of them are commands."""
        return sum(each["topic"].endswith(".commands") for each in self._messages.values())

    def deliveries(self, read: dict[str, int]) -> int:
        """How often they are read, by how many agents read each topic."""
        return sum(read.get(each["topic"], 0) for each in self._messages.values())

    def decisive(self) -> list[Event]:
        """The chain of causes up to where the order says what becomes of it."""
        chains = list(map(self._chain, self._messages.values()))
        return next(c for kind in _SAYS_SO for c in chains if c[-1]["type"] == kind)

    def longest(self) -> list[Event]:
        """The longest chain of causes."""
        return max(map(self._chain, self._messages.values()), key=len)

    def _chain(self, message: Event) -> list[Event]:
        cause = self._messages.get(message.get("causationid", ""))
        return [*(self._chain(cause) if cause else ()), message]


def path(chain: list[Event]) -> str:
    """A chain in words; a double arrow is to another topic."""
    said = [chain[0]["type"]]
    for before, after in pairwise(chain):
        arrow = " → " if before["topic"] == after["topic"] else " ⇒ "
        said.append(arrow + after["type"])
    return "".join(said)
