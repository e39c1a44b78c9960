"""One order's checkout as a story: facts in, saga events and commands out.

given(*HELD).when(reserved(1)).then(done("reserve", 1)).asks()

`then` names all events and `asks` all commands of the `when` before it. Behind every sentence
these are checked: events fold to the state, it survives JSON, and no command is sent twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import msgspec

from models.messages import Payload
from models.notification_messages import Kind
from models.saga_fold import evolve
from models.saga_messages import (
    Goal,
    Outcome,
    SagaCompensationStarted,
    SagaCompleted,
    SagaEvent,
    SagaStarted,
    SagaStepCompensated,
    SagaStepRefused,
    SagaStepStarted,
    SagaStepSucceeded,
    SagaStuck,
    StepName,
)
from models.saga_requests import waiting
from models.saga_state import Saga
from models.sagas import react
from models.stock_messages import StockReservationExpired
from tests.models.saga_facts import (
    AUTHORIZED,
    CAPTURED,
    CONFIRMED,
    CREATED,
    HOME,
    ID,
    MINA,
    NOON,
    TOTAL,
    deducted,
    reserved,
    told,
)


@dataclass(frozen=True)
class Journey:
    """A saga after some facts, with what the last of them led to."""

    saga: Saga | None = None
    events: tuple[SagaEvent, ...] = ()
    commands: tuple[Payload, ...] = ()
    sent: tuple[Payload, ...] = ()

    @property
    def waits_for(self) -> set[Payload]:
        """The commands that have no answer yet."""
        return set(waiting(self.saga))

    def when(self, *facts: Payload) -> Journey:
        """Let the saga react to facts, one after the other."""
        saga, sent = self.saga, self.sent
        events: list[SagaEvent] = []
        for fact in facts:
            after, said, asked = react(saga, fact, home=HOME, now=NOON)
            folded = reduce(evolve, said, saga)
            assert _by_events(folded) == _by_events(after), f"{said} do not fold to the state"
            assert after is None or _reread(after) == after
            renewed = isinstance(fact, StockReservationExpired)  # by the same words at one time
            assert renewed or not set(asked) & set(sent), f"{fact} has it sent twice: {asked}"
            if after is not None and after.style == "choreography":
                assert asked == (), f"it only observes, and asks {asked}"
            else:
                assert set(waiting(after)) <= {*sent, *asked}, "it waits for what it never asked"
            saga, sent = after, (*sent, *asked)
            events += map(timeless, said)
        return Journey(saga, tuple(events), sent[len(self.sent) :], sent)

    def then(self, *expected: SagaEvent) -> Journey:
        """Check all that the saga said."""
        assert self.events == expected, f"it said {self.events}\nnot {expected}"
        return self

    def asks(self, *expected: Payload) -> Journey:
        """Check all that the saga asked for."""
        assert self.commands == expected, f"it asked {self.commands}\nnot {expected}"
        return self


def given(*facts: Payload) -> Journey:
    """Begin a sentence with what the saga has seen."""
    return Journey().when(*facts)


def _by_events(saga: Saga | None) -> Saga | None:
    """What the events tell of a saga: not what came early, nor until when it waits."""
    if saga is None or saga.state == "expected":
        return None
    return msgspec.structs.replace(saga, early=(), deadline=None, attempt=0)


def timeless(event: SagaEvent) -> SagaEvent:
    """An event without its deadline: those have tests of their own."""
    if isinstance(event, SagaStepStarted | SagaCompensationStarted):
        return msgspec.structs.replace(event, deadline=None)
    return event


def _reread(saga: Saga) -> Saga:
    return msgspec.json.decode(msgspec.json.encode(saga), type=Saga)


# What the saga says.

BEGUN = SagaStarted(
    order_id=ID,
    home=HOME,
    style="orchestration",
    customer=MINA,
    lines=CREATED.lines,
    total=TOTAL,
    currency="USD",
    method="card",
)


def asked(step: StepName, **more: Any) -> SagaStepStarted:
    return SagaStepStarted(order_id=ID, step=step, **more)


def telling(kind: Kind) -> SagaStepStarted:
    return asked("notify", kind=kind)


def done(step: StepName, line: int | None = None) -> SagaStepSucceeded:
    return SagaStepSucceeded(order_id=ID, step=step, line=line)


def refused(step: StepName, reason: str, line: int | None = None) -> SagaStepRefused:
    return SagaStepRefused(order_id=ID, step=step, line=line, reason=reason)


def turned(goal: Goal, reason: str) -> SagaCompensationStarted:
    return SagaCompensationStarted(order_id=ID, goal=goal, reason=reason)


def undone(step: StepName, line: int | None = None) -> SagaStepCompensated:
    return SagaStepCompensated(order_id=ID, step=step, line=line)


def stuck(step: StepName, reason: str) -> SagaStuck:
    return SagaStuck(order_id=ID, step=step, reason=reason)


def ended(outcome: Outcome, reason: str | None = None) -> SagaCompleted:
    return SagaCompleted(order_id=ID, outcome=outcome, reason=reason)


# How far an order has come, by the facts that led there.


def each(fact: Callable[[int], Payload]) -> tuple[Payload, ...]:
    """The same fact or command for each of the three lines."""
    return tuple(fact(line) for line in (1, 2, 3))


PLACED = (CREATED,)
HELD = (*PLACED, AUTHORIZED)
RESERVED = (*HELD, *each(reserved))
PIVOT = (*RESERVED, CONFIRMED)
TAKEN = (*PIVOT, CAPTURED)
DEDUCTED = (*TAKEN, *each(deducted))
SOLD = (*DEDUCTED, told("confirmed"))
