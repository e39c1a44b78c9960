"""The checkout saga, orchestrated: how it walks through the table of `models/checkout.py`.

A saga's state says what it waits for. Each fact (an event of an order, a payment, stock, or a
notification) becomes saga events; and what the saga waits for afterwards and did not before is
what it asks: so no command is sent twice, and none is forgotten.

What was done is undone in any order, all of it at once, and only then does the order end.
Deadlines and the second style (choreography) are not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from models.checkout import STEPS, Step
from models.messages import Payload
from models.notification_messages import Kind, NoticeEvent
from models.order_messages import (
    OrderCancellationRequested,
    OrderCancelled,
    OrderCommandRefused,
    OrderCreated,
    OrderDelivered,
    OrderRejected,
    OrderShipped,
)
from models.payment_messages import PaymentCommandRefused, payment_of
from models.saga_fold import evolve
from models.saga_messages import (
    Goal,
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
from models.saga_requests import all_undone, waiting
from models.saga_state import Saga
from models.stock_messages import reservation_of

HOLD: Final = timedelta(minutes=30)  # how long stock is kept for an order that is being paid
_LAST: Final = datetime.max.replace(tzinfo=UTC) - HOLD
DEFAULT_METHOD: Final = "card"  # of orders so old that they do not say
OUT_OF_STOCK: Final = "out_of_stock"
TOO_LITTLE: Final = "too_little_money"  # the gateway gave less than was asked
_NOTHING_HELD: Final = {  # why a void was refused, and `PaymentVoided` follows all the same
    ("authorize", "authorization_expired"),
    ("authorize", "already_voided"),
}

Verdict = Literal["success", "refusal", "undone", "not_undone"]
_STEP: Final = {step.name: step for step in STEPS}
_VERDICTS: Final[dict[type[Payload] | None, tuple[StepName, Verdict]]] = {}
for _each in STEPS:
    _VERDICTS.update(dict.fromkeys(_each.success, (_each.name, "success")))
    _VERDICTS[_each.refusal] = (_each.name, "refusal")
    _VERDICTS[_each.undone] = (_each.name, "undone")
    _VERDICTS[_each.not_undone] = (_each.name, "not_undone")
_REFUSED: Final[dict[str, tuple[StepName, Verdict]]] = {
    "AuthorizePayment": ("authorize", "refusal"),
    "ConfirmOrder": ("confirm", "refusal"),
    "CapturePayment": ("capture", "refusal"),
    "CancelOrder": ("confirm", "not_undone"),
    "VoidPayment": ("authorize", "not_undone"),
    "RefundPayment": ("capture", "not_undone"),
}


def react(
    saga: Saga | None, fact: Payload, *, home: str, now: datetime
) -> tuple[Saga | None, tuple[SagaEvent, ...], tuple[Payload, ...]]:
    """Return the saga after a fact, its events, and the commands that it sends.

    `home` is the partition key of the fact, `now` when it was written.
    """
    before = saga
    events: list[SagaEvent] = []
    for event in _decide(saga, fact, home):
        saga = evolve(saga, event)
        events.append(event)
    while saga is not None and (following := _advance(saga, now)):
        saga = evolve(saga, following)
        events.append(following)
    if not events:  # 4 of the 11 facts of a common order change nothing
        return saga, (), ()
    asked = set(waiting(before))
    return saga, tuple(events), tuple(each for each in waiting(saga) if each not in asked)


def finished(saga: Saga) -> bool:
    """Whether nothing can come any more: the last thing that there is to say was said."""
    last = saga.telling in ("delivered", "rejected", "cancelled")
    return saga.state == "completed" and last and saga.notify == ("done",)


# From a fact to events.


def _decide(saga: Saga | None, fact: Payload, home: str) -> Iterator[SagaEvent]:
    if saga is None:
        if isinstance(fact, OrderCreated):
            yield _started(fact, home)
    elif getattr(fact, "order_id", None) == saga.order_id:
        yield from _followed(saga, fact)


def _followed(saga: Saga, fact: Payload) -> Iterator[SagaEvent]:
    match fact:
        case OrderCancellationRequested():
            yield from _cancellation(saga, fact)
        case OrderRejected() | OrderCancelled() if all_undone(saga):
            yield _tell(saga, "rejected" if saga.goal == "reject" else "cancelled")
        case OrderShipped() if saga.goal is None and saga.telling in (None, "confirmed"):
            yield _tell(saga, "shipped")
        case OrderDelivered() if saga.goal is None and saga.telling != "delivered":
            yield _tell(saga, "delivered")
        case OrderCommandRefused(command="RejectOrder" | "CompleteCancellation" as command):
            asked = {type(each).__name__ for each in waiting(saga)}
            if command in asked and saga.stuck is None:  # as with an order that nobody created
                yield SagaStuck(order_id=saga.order_id, step="confirm", reason=fact.reason)
        case _:
            yield from _answered(saga, fact)


def _started(order: OrderCreated, home: str) -> SagaStarted:
    return SagaStarted(
        order_id=order.order_id,
        home=home,
        style="orchestration",
        customer=order.customer,
        lines=order.lines,
        total=order.total,
        currency=order.currency,
        method=order.method or DEFAULT_METHOD,
    )


def _cancellation(saga: Saga, fact: OrderCancellationRequested) -> Iterator[SagaEvent]:
    """The order is to end, whoever asked for it: that undoes its confirmation, if it has one.

    A confirmation that is unanswered yet is about to be refused.
    """
    if saga.goal != "cancel":
        yield SagaCompensationStarted(order_id=saga.order_id, goal="cancel", reason=fact.reason)
    if saga.confirm in (("done",), ("undoing",)):
        yield SagaStepCompensated(order_id=saga.order_id, step="confirm")


def _tell(saga: Saga, kind: Kind) -> SagaStepStarted:
    return SagaStepStarted(order_id=saga.order_id, step="notify", kind=kind)


def _answered(saga: Saga, fact: Payload) -> Iterator[SagaEvent]:
    found = (
        _REFUSED.get(fact.command)
        if isinstance(fact, OrderCommandRefused | PaymentCommandRefused)
        else _VERDICTS.get(type(fact))
    )
    if found is None:
        return
    step, verdict = _STEP[found[0]], found[1]
    line = _line_of(saga, fact)
    part = saga.parts(step.name)[line - 1] if line else "idle"
    told_otherwise = isinstance(fact, NoticeEvent) and fact.kind != saga.telling
    if part == "asked" and verdict == "success" and not told_otherwise:
        yield SagaStepSucceeded(order_id=saga.order_id, step=step.name, line=_only(step, line))
        if saga.state == "running" and getattr(fact, "amount", saga.total) < saga.total:
            yield _compensation(saga, TOO_LITTLE)
    elif part == "asked" and verdict == "refusal":
        yield from _refused(saga, step, line, fact)
    elif part == "undoing" and verdict == "undone":
        yield SagaStepCompensated(order_id=saga.order_id, step=step.name, line=_only(step, line))
    elif part == "undoing" and verdict == "not_undone":
        yield from _not_undone(saga, step, _reason(fact))


def _refused(saga: Saga, step: Step, line: int, fact: Payload) -> Iterator[SagaEvent]:
    reason = _reason(fact)
    yield SagaStepRefused(
        order_id=saga.order_id, step=step.name, line=_only(step, line), reason=reason
    )
    if saga.state == "running":
        yield _compensation(saga, OUT_OF_STOCK if step.per_line else reason)


def _compensation(saga: Saga, reason: str) -> SagaCompensationStarted:
    goal: Goal = "cancel" if saga.confirm == ("done",) else "reject"
    return SagaCompensationStarted(order_id=saga.order_id, goal=goal, reason=reason)


def _not_undone(saga: Saga, step: Step, reason: str) -> Iterator[SagaEvent]:
    refusal = step.name, reason
    if refusal == ("authorize", "already_captured"):  # race 2: the gateway decides
        yield SagaStepSucceeded(order_id=saga.order_id, step="capture")
    elif saga.stuck != step.name and refusal not in _NOTHING_HELD:
        yield SagaStuck(order_id=saga.order_id, step=step.name, reason=reason)


def _advance(saga: Saga, now: datetime) -> SagaEvent | None:
    """Return what follows from the state alone."""
    if saga.state in ("compensating", "stuck") and saga.notify == ("done",):
        outcome: Literal["rejected", "cancelled"] = (
            "rejected" if saga.goal == "reject" else "cancelled"
        )
        return SagaCompleted(order_id=saga.order_id, outcome=outcome, reason=saga.reason)
    if saga.state != "running":
        return None
    for step in STEPS:
        parts = saga.parts(step.name)
        if all(part == "idle" for part in parts) and parts:
            return SagaStepStarted(
                order_id=saga.order_id,
                step=step.name,
                until=min(now, _LAST) + HOLD if step.name == "reserve" else None,
                kind="confirmed" if step.name == "notify" else None,
            )
        if any(part != "done" for part in parts):
            return None
    return SagaCompleted(order_id=saga.order_id, outcome="confirmed")


def _line_of(saga: Saga, fact: Payload) -> int:
    """Return the line that a fact is about, 1 where there are none; 0 if it is not of this saga."""
    reservation: str | None = getattr(fact, "reservation_id", None)
    payment: str | None = getattr(fact, "payment_id", None)
    if reservation is not None:
        ours = [reservation_of(saga.order_id, n + 1) for n in range(len(saga.lines))]
        return ours.index(reservation) + 1 if reservation in ours else 0
    return int(payment in (None, payment_of(saga.order_id)))


def _only(step: Step, line: int) -> int | None:
    return line if step.per_line else None


def _reason(fact: Payload) -> str:
    return str(getattr(fact, "code", None) or getattr(fact, "reason", "refused"))
