"""The checkout saga: how it walks through the table of `models/checkout.py`.

A saga's state says what it waits for. Each fact (an event of an order, a payment, stock, or a
notification) becomes saga events; and what the saga waits for afterwards and did not before is
what it asks: so no command is sent twice, and none is forgotten. A deadline that passes, or an
operator, has it ask again, or give up.

What was done is undone in any order, all of it at once, and only then does the order end. Facts of
several topics overtake each other: those that fit nowhere yet are kept, and tried again after each
change. For an order in the other style (choreography) the same is said, and nothing is sent: then
the saga observes, and decides nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import msgspec

from models.checkout import STEPS
from models.messages import Payload
from models.order_messages import OUT_OF_STOCK, TOO_LITTLE, OrderCreated
from models.payment_messages import DEFAULT_METHOD
from models.saga_answers import answer_of, may_wait
from models.saga_deadlines import DEFAULT, Patience, due, silence
from models.saga_decisions import ENDS, decide, may_follow
from models.saga_fold import evolve
from models.saga_messages import (
    CompensateSaga,
    RetrySagaStep,
    SagaCommandRefused,
    SagaCompensationStarted,
    SagaCompleted,
    SagaEvent,
    SagaStarted,
    SagaStepStarted,
    SagaTimedOut,
    SkipSagaStep,
)
from models.saga_operators import Intervention, intervene
from models.saga_requests import waiting, waiting_for
from models.saga_state import Answer, Saga
from models.stock_messages import HOLD, held_until

__all__ = ["DEFAULT_METHOD", "HOLD", "OUT_OF_STOCK", "TOO_LITTLE", "finished", "react"]

Reaction = tuple[Saga | None, tuple[SagaEvent, ...], tuple[Payload, ...]]


def react(
    saga: Saga | None,
    fact: Any,
    *,
    home: str,
    now: datetime,
    patience: Patience = DEFAULT,
) -> Reaction:
    """Return the saga after a fact, its events, and the commands that it sends.

    `home` is the partition key of the fact, `now` when it was written.
    """
    if saga is not None and getattr(fact, "order_id", None) != saga.order_id:
        return saga, (), ()
    if (answer := answer_of(fact)) is not None:
        known = saga or _expected(fact, home)
        return _answered(known, fact, answer, now, patience) or (saga, (), ())
    match fact:
        case OrderCreated() if saga is None or saga.state == "expected":
            return _sent(saga or _expected(fact, home), (_started(fact, home),), (), now, patience)
        case SagaTimedOut() if saga is not None and _has_passed(saga.deadline, fact):
            return _timed_out(saga, now, patience)
        case RetrySagaStep() | SkipSagaStep() | CompensateSaga():
            return _intervened(saga, fact, now, patience)
        case _:
            return saga, (), ()


def finished(saga: Saga) -> bool:
    """Whether nothing can come any more: the last thing that there is to say was said."""
    if saga.state == "expected":
        return not saga.early
    last = saga.telling in ("delivered", "rejected", "cancelled", "expired")
    return saga.state == "completed" and last and saga.notify == ("done",)


# From a fact to events.


def _answered(
    saga: Saga, fact: Payload, answer: Answer, now: datetime, patience: Patience
) -> Reaction | None:
    """Return where an answer leads; None if nowhere, as with most facts that come again or late."""
    said = () if saga.state == "expected" else tuple(decide(saga, answer, now))
    if said:
        # It may say two things: that the order is to end, and, once all is undone, that it has.
        twice = answer.verdict == "due" and answer.kind == "expired"
        return _sent(_keeping(saga, answer) if twice else saga, said, (), now, patience)
    if not (may_wait(fact, answer) and may_follow(saga, answer)):
        return None
    after = _keeping(saga, answer)
    if after.deadline is None:
        after = msgspec.structs.replace(after, deadline=due(after, now, patience))
    return after, (), ()


def _timed_out(saga: Saga, now: datetime, patience: Patience) -> Reaction:
    if saga.state == "expected":
        return msgspec.structs.replace(saga, early=(), deadline=None), (), ()
    said = tuple(silence(saga, now, patience))
    if any(isinstance(event, SagaCompensationStarted) for event in said):
        return _sent(saga, said, (), now, patience)
    after, events = _walk(saga, said, now)
    if saga.style == "choreography":
        return msgspec.structs.replace(after, deadline=None), events, ()
    return after, events, waiting(after)


def _has_passed(deadline: datetime | None, fact: SagaTimedOut) -> bool:
    return deadline is not None and fact.deadline == deadline <= fact.at


def _intervened(
    saga: Saga | None, command: Intervention, now: datetime, patience: Patience
) -> Reaction:
    said = intervene(saga, command)
    if saga is None or isinstance(said[0], SagaCommandRefused):
        return saga and _walk(saga, said, now)[0], said, ()
    again = waiting_for(saga, command.step) if isinstance(command, RetrySagaStep) else ()
    return _sent(saga, said, again, now, patience)


def _expected(fact: Any, home: str) -> Saga:
    return Saga(order_id=fact.order_id, home=home, state="expected")


def _started(order: OrderCreated, home: str) -> SagaStarted:
    return SagaStarted(
        order_id=order.order_id,
        home=home,
        style=order.saga,
        customer=order.customer,
        lines=order.lines,
        total=order.total,
        currency=order.currency,
        method=order.method or DEFAULT_METHOD,
    )


def _keeping(saga: Saga, answer: Answer) -> Saga:
    if any(answer.repeats(each) for each in saga.early):
        return saga
    return msgspec.structs.replace(saga, early=(*saga.early, answer))


# From events to what follows.


def _sent(
    saga: Saga,
    said: tuple[SagaEvent, ...],
    again: tuple[Payload, ...],
    now: datetime,
    patience: Patience,
) -> Reaction:
    """Return where some events lead, and what is asked then that was not, or is `again`."""
    after, events = _walk(saga, said, now)
    asked = set(waiting(saga)).difference(again)
    out = waiting(after)
    commands = tuple(each for each in out if each not in asked)
    if commands or after.deadline is None or not out:
        after = msgspec.structs.replace(after, deadline=due(after, now, patience), attempt=0)
    last = events[-1]
    if isinstance(last, SagaStepStarted | SagaCompensationStarted):
        events = (*events[:-1], msgspec.structs.replace(last, deadline=after.deadline))
    return after, events, commands if after.style == "orchestration" else ()


def _walk(
    saga: Saga, said: tuple[SagaEvent, ...], now: datetime
) -> tuple[Saga, tuple[SagaEvent, ...]]:
    """Return the saga after some events, and with them all that follows from its state alone."""
    events: list[SagaEvent] = []
    while said:
        for event in said:
            saga = cast("Saga", evolve(saga, event))
        events += said
        saga, said = _following(saga, now)
    return saga, tuple(events)


def _following(saga: Saga, now: datetime) -> tuple[Saga, tuple[SagaEvent, ...]]:
    """Return what follows from the state, or else from what came early and fits by now."""
    if (event := _advance(saga, now)) is not None:
        return saga, (event,)
    for answer in saga.early:
        if said := tuple(decide(saga, answer, now)):
            early = tuple(each for each in saga.early if each is not answer)
            return msgspec.structs.replace(saga, early=early), said
    early = tuple(each for each in saga.early if may_follow(saga, each))
    if len(early) == len(saga.early):
        return saga, ()
    return _following(msgspec.structs.replace(saga, early=early), now)


def _advance(saga: Saga, now: datetime) -> SagaEvent | None:
    if saga.undoing and saga.notify == ("done",):
        outcome = ENDS[saga.goal]
        return SagaCompleted(order_id=saga.order_id, outcome=outcome, reason=saga.reason)
    if saga.state != "running":
        return None
    for step in STEPS:
        parts = saga.parts(step.name)
        if parts and parts.count("idle") == len(parts):
            return SagaStepStarted(
                order_id=saga.order_id,
                step=step.name,
                until=held_until(now) if step.name == "reserve" else None,
                kind="confirmed" if step.name == "notify" else None,
            )
        if parts.count("done") < len(parts):
            return None
    return SagaCompleted(order_id=saga.order_id, outcome="confirmed")
