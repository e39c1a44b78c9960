"""Choreography in payments: when an order's money is asked for, taken, and given back.

| fact                                                       | then                            |
|------------------------------------------------------------|---------------------------------|
| OrderCreated                                               | AuthorizePayment                |
| OrderConfirmed                                             | CapturePayment                  |
| StockReservationFailed, OrderCancellationRequested,        | VoidPayment, or RefundPayment   |
| OrderExpired, OrderRejected; too little was authorized     | if the money was taken          |

While a capture is unanswered nothing is given back: its answer says what there is to give.

Which facts overtake which: those of the order come in order, and so do those of the payment, which
is this context's own. A refused reservation may come before or after any fact of the order but
OrderCreated, without which nothing would have been authorized or reserved. So nothing comes before
OrderCreated, and a fact of an order that is not remembered has no meaning here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from models.messages import Payload
from models.money import Currency
from models.order_messages import (
    OrderCancellationRequested,
    OrderConfirmed,
    OrderCreated,
    OrderExpired,
    OrderRejected,
    OrderShipped,
)
from models.payment_messages import (
    DEFAULT_METHOD,
    AuthorizePayment,
    CapturePayment,
    PaymentAuthorized,
    PaymentCaptureFailed,
    PaymentCommandRefused,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
    PaymentVoidFailed,
    RefundPayment,
    VoidPayment,
    of_other_payment,
    payment_of,
    return_of,
)
from models.stock_messages import StockReservationFailed, line_of

_NOTED: Final[dict[type[Payload], str]] = {
    OrderConfirmed: "confirmed",
    OrderCancellationRequested: "undone",
    OrderExpired: "undone",
    OrderRejected: "undone",
    OrderShipped: "over",
    PaymentFailed: "over",
    PaymentCompleted: "captured",
    PaymentCaptureFailed: "uncaptured",
    PaymentVoided: "returned",
}


class Memory(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What has come of an order and of its money. `over`: nothing can be asked any more.

    `undone` says that the money is to go back, `returned` that it has.
    """

    order_id: str
    lines: int
    total: int
    currency: Currency
    method: str
    authorized: bool = False
    confirmed: bool = False
    captured: bool = False
    uncaptured: bool = False
    undone: bool = False
    returned: bool = False
    over: bool = False


def follow(
    memory: Memory | None,
    fact: Payload,
    *,
    home: str,  # noqa: ARG001 - every policy has the same form
    now: datetime,  # noqa: ARG001 - likewise
) -> Memory | None:
    """Return what is remembered of the order after a fact."""
    if memory is None:
        return _begun(fact) if isinstance(fact, OrderCreated) else None
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
    waits = memory.confirmed and not (memory.captured or memory.uncaptured)
    if waits:
        return (_capture(memory),)
    if memory.undone:
        return (_refund(memory) if memory.captured else _void(memory),)
    return () if memory.authorized else (_authorize(memory),)


def finished(memory: Memory) -> bool:
    """Whether the money is where it stays: ours for good, the customer's again, or never given."""
    return memory.over or (memory.undone and memory.returned)


def _begun(order: OrderCreated) -> Memory | None:
    if order.saga != "choreography":
        return None
    return Memory(
        order_id=order.order_id,
        lines=len(order.lines),
        total=order.total,
        currency=order.currency,
        method=order.method or DEFAULT_METHOD,
    )


def _changes(memory: Memory, fact: Payload) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    match fact:
        case StockReservationFailed(reservation_id=reservation_id):
            ours = line_of(memory.order_id, memory.lines, reservation_id) > 0
            changes = {"undone": memory.undone or ours}
        case PaymentAuthorized(amount=amount):
            changes = {"authorized": True, "undone": memory.undone or amount < memory.total}
        case PaymentVoidFailed(code="already_captured"):
            changes = {"captured": True}
        case PaymentCommandRefused(command="CapturePayment") if memory.confirmed:
            changes = {"uncaptured": True}
        case PaymentCommandRefused(command="AuthorizePayment") if not memory.authorized:
            changes = {"over": True}
        case PaymentRefunded(amount=amount):  # before its end was asked for, somebody's kindness
            back = memory.undone and amount >= memory.total
            changes = {"returned": memory.returned or back}
        case _ if type(fact) in _NOTED:
            changes = {_NOTED[type(fact)]: True}
    return changes


def _authorize(memory: Memory) -> AuthorizePayment:
    return AuthorizePayment(
        payment_id=payment_of(memory.order_id),
        order_id=memory.order_id,
        amount=memory.total,
        currency=memory.currency,
        method=memory.method,
    )


def _capture(memory: Memory) -> CapturePayment:
    return CapturePayment(
        payment_id=payment_of(memory.order_id), order_id=memory.order_id, amount=memory.total
    )


def _void(memory: Memory) -> VoidPayment:
    return VoidPayment(payment_id=payment_of(memory.order_id), order_id=memory.order_id)


def _refund(memory: Memory) -> RefundPayment:
    payment_id = payment_of(memory.order_id)
    return RefundPayment(
        payment_id=payment_id,
        order_id=memory.order_id,
        refund_id=return_of(payment_id),
        amount=memory.total,
    )
