"""Choreography in orders: what an order becomes as its money and its stock are heard of.

| when                                                            | then                 |
|-----------------------------------------------------------------|----------------------|
| the money is authorized, and every line reserved                | ConfirmOrder         |
| the payment was declined                                        | RejectOrder          |
| a line was refused or too little authorized; then all was back  | RejectOrder          |
| confirmed, and the capture refused, or a line lost, or too      | CancelOrder          |
| little captured                                                 |                      |
| confirmed, the money captured, and every line deducted          | MarkOrderPaid        |
| its time is over, unconfirmed, and its payment was answered     | ExpireOrder          |
| its end was asked for, and money and every line are back        | CompleteCancellation |

Which facts overtake which: the order's own are known here at once, and the first of them comes
before all others; those of the payment come in order, and so do those of one line. Any of a line
may come before or after any of the payment: both are only noted, and what is wanted follows from
what was noted. A fact of an order that is not remembered has no meaning here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from models.line_progress import Lines, answered, none_held, untouched
from models.messages import Payload
from models.order_messages import (
    OUT_OF_STOCK,
    TOO_LITTLE,
    CancelOrder,
    CompleteCancellation,
    ConfirmOrder,
    ExpireOrder,
    MarkOrderPaid,
    OrderCancellationRequested,
    OrderCancelled,
    OrderConfirmed,
    OrderCreated,
    OrderExpired,
    OrderPaid,
    OrderRejected,
    OrderShipped,
    OrderTimedOut,
    RejectOrder,
)
from models.payment_messages import (
    PaymentAuthorized,
    PaymentCaptureFailed,
    PaymentCommandRefused,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
    of_other_payment,
)

LIFETIME: Final = timedelta(minutes=30)  # of an order that is not confirmed
_END: Final = datetime.max.replace(tzinfo=UTC)

_NOTED: Final[dict[type[Payload], str]] = {
    OrderConfirmed: "confirmed",
    OrderPaid: "paid",
    OrderCancellationRequested: "undone",
    OrderRejected: "over",
    OrderExpired: "over",
    OrderCancelled: "over",
    OrderShipped: "over",
    PaymentVoided: "returned",
}


class Memory(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What has come of an order, of its money, and of its lines. `over`: it has ended.

    `declined` and `uncaptured` say why there is no money; `returned`, that it went back; `late`,
    that its `deadline` passed before it was confirmed.
    """

    order_id: str
    deadline: datetime
    late: bool = False
    total: int
    progress: Lines
    authorized: int | None = None
    declined: str | None = None
    captured: int | None = None
    uncaptured: str | None = None
    returned: bool = False
    confirmed: bool = False
    paid: bool = False
    undone: bool = False
    over: bool = False


def follow(
    memory: Memory | None,
    fact: Payload,
    *,
    home: str,  # noqa: ARG001 - every policy has the same form
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> Memory | None:
    """Return what is remembered of the order after a fact."""
    if memory is None:
        until = now + lifetime if now < _END - lifetime else _END
        return _begun(fact, until) if isinstance(fact, OrderCreated) else None
    if of_other_payment(fact):
        return memory
    changes = _changes(memory, fact)
    if all(getattr(memory, field) == value for field, value in changes.items()):
        return memory
    return msgspec.structs.replace(memory, **changes)


def wanted(memory: Memory | None) -> tuple[Payload, ...]:
    """Return the commands whose outcome is waited for: one, or none."""
    if memory is None or finished(memory):
        return ()
    if memory.undone:
        return tuple(_complete(memory))
    return tuple(_go_on(memory) if memory.confirmed else _decide(memory))


def finished(memory: Memory) -> bool:
    """Whether nothing can become of the order any more by what others do."""
    return memory.over


def due(memory: Memory | None) -> datetime | None:
    """Return when the order's time is over; None once that does not matter any more."""
    if memory is None or memory.late or memory.confirmed or memory.undone or memory.over:
        return None
    return memory.deadline


def _begun(order: OrderCreated, deadline: datetime) -> Memory | None:
    if order.saga != "choreography":
        return None
    return Memory(
        order_id=order.order_id,
        deadline=deadline,
        total=order.total,
        progress=untouched(len(order.lines)),
    )


def _changes(memory: Memory, fact: Payload) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    match fact:
        case PaymentAuthorized(amount=amount):
            changes = {"authorized": amount}
        case PaymentFailed(code=code):
            changes = {"declined": code}
        case PaymentCompleted(amount=amount):
            changes = {"captured": amount}
        case PaymentCaptureFailed(code=code):
            changes = {"uncaptured": code}
        case PaymentCommandRefused(command="AuthorizePayment") if memory.authorized is None:
            changes = {"declined": fact.reason}
        case PaymentCommandRefused(command="CapturePayment") if memory.confirmed:
            changes = {"uncaptured": fact.reason}
        case PaymentRefunded(amount=amount):  # before its end was asked for, somebody's kindness
            back = memory.undone and amount >= memory.total
            changes = {"returned": memory.returned or back}
        case OrderTimedOut(deadline=deadline, at=at):
            changes = {"late": memory.late or (deadline == due(memory) and deadline <= at)}
        case _ if type(fact) in _NOTED:
            changes = {_NOTED[type(fact)]: True}
        case _:
            changes = {"progress": answered(memory.progress, memory.order_id, fact)}
    return changes


def _decide(memory: Memory) -> Iterator[Payload]:
    order_id = memory.order_id
    reason = memory.declined
    if reason is None and _too_little(memory.authorized, memory):
        reason = TOO_LITTLE
    elif reason is None and "refused" in memory.progress:
        reason = OUT_OF_STOCK
    if reason is not None:
        if _all_back(memory):
            yield RejectOrder(order_id=order_id, reason=reason)
    elif memory.late and memory.authorized is not None:
        deadline = memory.deadline
        yield ExpireOrder(
            order_id=order_id, deadline=deadline, at=deadline, payment_outstanding=False
        )
    elif memory.authorized is not None and all(each == "reserved" for each in memory.progress):
        lines = len(memory.progress)
        yield ConfirmOrder(order_id=order_id, authorized=memory.total, reserved=lines)


def _go_on(memory: Memory) -> Iterator[Payload]:
    order_id = memory.order_id
    deducted = all(each == "deducted" for each in memory.progress)
    reason = memory.uncaptured if memory.captured is None else None
    if _too_little(memory.captured, memory):
        reason = TOO_LITTLE
    elif "lost" in memory.progress:
        reason = OUT_OF_STOCK
    if reason is not None:
        yield CancelOrder(order_id=order_id, reason=reason)
    elif memory.captured is not None and deducted and not memory.paid:
        yield MarkOrderPaid(order_id=order_id, captured=memory.total)


def _complete(memory: Memory) -> Iterator[Payload]:
    if _all_back(memory):
        order_id = memory.order_id
        yield CompleteCancellation(order_id=order_id, stock_returned=True, money_returned=True)


def _all_back(memory: Memory) -> bool:
    """Whether nothing is held. Without enough money nothing was ever reserved."""
    if memory.declined is not None:
        return True
    none_reserved = _too_little(memory.authorized, memory)
    return memory.returned and (none_reserved or none_held(memory.progress))


def _too_little(amount: int | None, memory: Memory) -> bool:
    return amount is not None and amount < memory.total
