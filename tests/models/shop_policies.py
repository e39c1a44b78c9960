"""The policies of a shop in memory: what each context remembers, and what it asks for next.

As in the agents: what a fact makes a policy want anew is asked for at once, and the events that
come of it at once are facts to the same policy, after those that are already there.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from datetime import datetime
from types import ModuleType
from typing import Any, Final, TypeVar

import msgspec

from models import notification_policy, order_policy, payment_policy, stock_policy
from models.messages import Payload
from models.order_ids import user_of
from models.payment_messages import RefundPayment

POLICIES: Final[dict[str, ModuleType]] = {
    "orders": order_policy,
    "payments": payment_policy,
    "stock": stock_policy,
    "notifications": notification_policy,
}

M = TypeVar("M")


class Policies:
    """The memories of all contexts; `issue` has a context ask, and returns what came of it."""

    def __init__(self, issue: Callable[[str, Any], Iterable[Payload]], now: datetime) -> None:
        self.memories: dict[tuple[str, str], Any] = {}  # by context and order
        # What each context has heard of an order, with the topic, and what it has asked for.
        self.heard: dict[tuple[str, str], list[tuple[str, Payload]]] = defaultdict(list)
        self.asked: dict[tuple[str, str], list[Payload]] = defaultdict(list)
        self._issue = issue
        self._now = now

    def follow(self, context: str, topic: str, *facts: Any) -> None:
        """Let a context take facts of one topic, and all that follows at once."""
        coming = deque((topic, fact) for fact in facts)
        while coming:
            for command in self._take(context, *coming.popleft()):
                coming.extend((context, event) for event in self._issue(context, command))

    def ask_again(self, context: str, order_id: str) -> None:
        """Ask for all that is waited for, as a deadline would."""
        for command in POLICIES[context].wanted(self.memories[context, order_id]):
            self.follow(context, context, *self._issue(context, command))

    def unpaid(self) -> list[str]:
        """The orders whose customers wait for money to come back."""
        return [
            order_id
            for (context, order_id), memory in self.memories.items()
            if context == "payments"
            and any(isinstance(each, RefundPayment) for each in payment_policy.wanted(memory))
        ]

    def _take(self, context: str, topic: str, fact: Any) -> list[Payload]:
        """Return what a fact makes a context want anew."""
        key, policy = (context, fact.order_id), POLICIES[context]
        self.heard[key].append((topic, fact))
        home = user_of(fact.order_id) or ""
        before = self.memories.get(key)
        after = policy.follow(before, fact, home=home, now=self._now)
        assert policy.follow(after, fact, home=home, now=self._now) == after, (
            "a repeat says something"
        )
        if after is None or policy.finished(after):
            self.memories.pop(key, None)
        else:
            self.memories[key] = _reread(after)
        wanted = [each for each in policy.wanted(after) if each not in policy.wanted(before)]
        for command in wanted:
            assert command not in self.asked[key], f"{command} is asked for twice"
            self.asked[key].append(command)
        return wanted


def _reread(memory: M) -> M:
    """A memory as it comes back from a table."""
    return msgspec.json.decode(msgspec.json.encode(memory), type=type(memory))
