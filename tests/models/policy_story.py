"""One order as a context without coordinator hears of it: facts in, commands out.

STOCK.given(PLACED).when(AUTHORIZED).asks(*each(reserve))

`asks` names all commands of the `when` before it, `waits` all that are waited for. Behind every
sentence these are checked: a fact that comes twice says nothing, what is waited for was asked, a
memory survives JSON, and it is forgotten as soon as it is finished.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import msgspec

from models import notification_policy, order_policy, payment_policy, stock_policy
from models.messages import Payload
from tests.models.saga_facts import HOME, NOON, created


@dataclass(frozen=True)
class Context:
    """A policy, and what it remembers after some facts."""

    policy: ModuleType
    memory: Any = None
    commands: tuple[Payload, ...] = ()
    asked: tuple[Payload, ...] = ()

    def given(self, *facts: Payload) -> Context:
        """Begin a sentence with what was heard."""
        return self.when(*facts)

    def when(self, *facts: Payload) -> Context:
        """Hear facts, one after the other."""
        memory, asked = self.memory, self.asked
        for fact in facts:
            before = self.policy.wanted(memory)
            memory = self._after(memory, fact)
            asked += tuple(each for each in self.policy.wanted(memory) if each not in before)
            if memory is not None and self.policy.finished(memory):
                memory = None
            assert set(self.policy.wanted(memory)) <= set(asked), "it waits for what it never asked"
        assert len(set(asked)) == len(asked), "asked twice"
        return Context(self.policy, memory, asked[len(self.asked) :], asked)

    def asks(self, *expected: Payload) -> Context:
        """Check all that was asked for."""
        assert self.commands == expected, f"it asked {self.commands}\nnot {expected}"
        return self

    def waits(self, *expected: Payload) -> Context:
        """Check all that is waited for."""
        assert self.policy.wanted(self.memory) == expected
        return self

    def forgets(self) -> Context:
        """Check that nothing is remembered."""
        assert self.memory is None, f"it remembers {self.memory}"
        return self

    def _after(self, memory: Any, fact: Payload) -> Any:
        after = self.policy.follow(memory, fact, home=HOME, now=NOON)
        again = self.policy.follow(after, fact, home=HOME, now=NOON)
        assert again is after, "a fact that comes twice changes something"
        if after is None or after is memory:
            return after
        reread = msgspec.json.decode(msgspec.json.encode(after), type=type(after))
        assert reread == after
        return reread


ORDERS = Context(order_policy)
PAYMENTS = Context(payment_policy)
STOCK = Context(stock_policy)
NOTIFICATIONS = Context(notification_policy)

PLACED = created(3, saga="choreography")
ORCHESTRATED = created(3)
