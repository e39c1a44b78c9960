"""A saga whose answers do not come: its deadlines pass, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from models.messages import Payload
from models.saga_messages import (
    SagaEvent,
    SagaTimedOut,
)
from models.saga_state import Saga
from models.sagas import react
from tests.models.saga_facts import (
    HOME,
    ID,
    NOON,
)
from tests.models.saga_story import (
    given,
    timeless,
)

BUDGET: Final = 5


@dataclass(frozen=True)
class Waiting:
    """A saga whose answers do not come, and what its last deadline led to."""

    saga: Saga
    events: tuple[SagaEvent, ...] = ()
    commands: tuple[Payload, ...] = ()

    @property
    def deadline(self) -> datetime:
        assert self.saga.deadline is not None, "it waits for nothing"
        return self.saga.deadline

    def missed(self, times: int = 1) -> Waiting:
        """Let so many deadlines pass, and each be heard of when it has passed."""
        waiting = self
        for _ in range(times):
            deadline = waiting.deadline
            passed = SagaTimedOut(order_id=ID, deadline=deadline, at=deadline)
            saga, events, commands = react(waiting.saga, passed, home=HOME, now=deadline)
            assert saga is not None
            waiting = Waiting(saga, events, commands)
        return waiting

    def then(self, *facts: Payload) -> Waiting:
        saga, events, commands = self.saga, self.events, self.commands
        for fact in facts:
            after, events, commands = react(saga, fact, home=HOME, now=NOON)
            assert after is not None
            saga = after
        return Waiting(saga, events, commands)

    @property
    def said(self) -> tuple[SagaEvent, ...]:
        return tuple(map(timeless, self.events))


def waits(*facts: Payload) -> Waiting:
    saga = given(*facts).saga
    assert saga is not None
    return Waiting(saga)
