"""The Order aggregate: what an order's state allows, and what follows from it.

Decides every command about an order: an event, nothing if that step was already taken, or a
refusal. Money and stock are aggregates of their own; what they did comes as evidence in commands.
Nothing here asks for a payment or a reservation: that is the checkout saga's.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from models.messages import fingerprint
from models.money import MAX_AMOUNT, Currency
from models.order_ids import user_of
from models.order_messages import (
    CancelOrder,
    CompleteCancellation,
    ConfirmDelivery,
    ConfirmOrder,
    CreateOrder,
    ExpireOrder,
    MarkOrderPaid,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCommand,
    OrderCommandRefused,
    OrderConfirmed,
    OrderCreated,
    OrderDelivered,
    OrderEvent,
    OrderExpired,
    OrderPaid,
    OrderRejected,
    OrderShipped,
    RejectOrder,
    ShipOrder,
    Status,
)

# Ids of payments, reservations, mails and calls to the gateway begin with the order's, and none
# may be longer than a Name, of 255.
LONGEST_ORDER_ID: Final = 160


class Order(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What later decisions need to know of an order. `total` is in minor units of `currency`.

    `fingerprint` tells a repeated CreateOrder from another one under the same id. `confirmed` and
    `paid` outlive the status: they stay true when the order is shipped or cancelled.
    """

    order_id: str
    version: int
    status: Status
    total: int
    currency: Currency
    lines: int
    fingerprint: str
    confirmed: bool = False
    paid: bool = False
    tracking: str = ""
    reason: str = ""


def decide(order: Order | None, command: OrderCommand) -> tuple[OrderEvent, ...]:
    """Return what follows from a command; nothing, if it asks for a step that was taken."""
    if isinstance(command, CreateOrder):
        return _create(order, command)
    if order is None:
        return (refuse(None, command, "there is no such order; create it first"),)
    if _taken(order, command):
        return ()
    event = _step(order, command)
    if event is None:
        forbidden = f"the order {_IS[order.status]}; {_ONLY[type(command)]}"
        return (refuse(order, command, forbidden),)
    lacking = _lacking(order, command)
    return (refuse(order, command, lacking) if lacking else event,)


def evolve(order: Order | None, event: OrderEvent) -> Order | None:
    """Return the order as an event leaves it. A refusal of what never was creates nothing."""
    if isinstance(event, OrderCreated):
        return Order(
            order_id=event.order_id,
            version=1,
            status="PENDING",
            total=event.total,
            currency=event.currency,
            lines=len(event.lines),
            fingerprint=fingerprint(event),
        )
    if order is None:
        return None
    return msgspec.structs.replace(order, version=order.version + 1, **_changes(event))


def refuse(order: Order | None, command: OrderCommand, reason: str) -> OrderCommandRefused:
    """Return the refusal of a command, for a reason that an operator understands."""
    return OrderCommandRefused(
        order_id=command.order_id,
        command=type(command).__name__,
        state=order.status if order else "NONE",
        reason=reason,
    )


def _create(order: Order | None, command: CreateOrder) -> tuple[OrderEvent, ...]:
    total = sum(line.quantity * line.unit_price for line in command.lines)
    created = OrderCreated(
        order_id=command.order_id,
        user_id=command.user_id,
        customer=command.customer,
        lines=command.lines,
        total=total,
        currency=command.currency,
        currency_source="given",
        method=command.method,
        saga=command.saga,
    )
    if order is None:
        wrong = _wrong(command, total)
    elif order.fingerprint == fingerprint(created):
        return ()
    else:
        wrong = "an order of this id exists already, with other content; use a new id"
    return (refuse(order, command, wrong) if wrong else created,)


def _wrong(command: CreateOrder, total: int) -> str:
    """The guards of a new order: what is wrong with it; empty, if nothing."""
    order_id, user_id = command.order_id, command.user_id
    if user_of(order_id) != user_id or order_id.endswith(":"):
        return f"the order id must be {user_id}: and something after it, so that it names its user"
    if len(order_id) > LONGEST_ORDER_ID:
        return f"the order id has {len(order_id)} characters; use at most {LONGEST_ORDER_ID}"
    if total > MAX_AMOUNT:
        return f"the total of {total} minor units is beyond 2**53; split the order"
    return ""


def _step(order: Order, command: OrderCommand) -> OrderEvent | None:
    """The table of transitions: from a state, by a command, to an event. Guards are `_lacking`."""
    order_id = order.order_id
    event: OrderEvent | None = None
    match order.status, command:
        case "PENDING", ConfirmOrder():
            event = OrderConfirmed(order_id=order_id)
        case "PENDING", RejectOrder(reason=reason):
            event = OrderRejected(order_id=order_id, reason=reason)
        case "PENDING", ExpireOrder():
            event = OrderExpired(order_id=order_id)
        case "CONFIRMED", MarkOrderPaid(captured=captured):
            event = OrderPaid(order_id=order_id, captured=captured)
        case "PENDING" | "CONFIRMED", CancelOrder(reason=reason):
            event = OrderCancellationRequested(order_id=order_id, reason=reason)
        case "CANCEL_PENDING", CompleteCancellation():
            event = OrderCancelled(order_id=order_id, reason=order.reason)
        case "CONFIRMED", ShipOrder(tracking=tracking):
            event = OrderShipped(order_id=order_id, tracking=tracking)
        case "SHIPPED", ConfirmDelivery():
            event = OrderDelivered(order_id=order_id)
    return event


def _lacking(order: Order, command: OrderCommand) -> str:
    """The guards: what is still lacking in a state that allows the command; empty, if nothing."""
    lacking = ""
    match command:
        case ConfirmOrder(authorized=authorized) if authorized < order.total:
            lacking = f"only {authorized} of {order.total} minor units are authorized"
        case ConfirmOrder(reserved=reserved) if reserved != order.lines:
            lacking = f"{reserved} of {order.lines} lines are reserved"
        case ExpireOrder(deadline=deadline, at=at) if at < deadline:
            lacking = f"its time is over at {deadline.isoformat()}, and it was {at.isoformat()}"
        case ExpireOrder(payment_outstanding=True):
            lacking = "a payment request is unanswered; ask the gateway for its outcome first"
        case MarkOrderPaid(captured=captured) if captured < order.total:
            lacking = f"only {captured} of {order.total} minor units are captured"
        case CompleteCancellation(stock_returned=False):
            lacking = "its stock is not given back yet"
        case CompleteCancellation(money_returned=False):
            lacking = "its money is not given back yet"
        case ShipOrder() if not order.paid:
            lacking = "the order is not paid yet; only a confirmed and paid order can be shipped"
    return lacking


def _taken(order: Order, command: OrderCommand) -> bool:
    """Whether what the command asks for was already done."""
    match order.status, command:
        case (
            ("REJECTED", RejectOrder())
            | ("EXPIRED", ExpireOrder())
            | ("CANCEL_PENDING" | "CANCELLED", CancelOrder())
            | ("CANCELLED", CompleteCancellation())
            | ("DELIVERED", ConfirmDelivery())
        ):
            return True
        case _, ConfirmOrder():
            return order.confirmed
        case _, MarkOrderPaid():
            return order.paid
        case _, ShipOrder(tracking=tracking):
            return order.tracking == tracking
        case _:
            return False


def _changes(event: OrderEvent) -> dict[str, Any]:
    """What an event changes; a refusal, nothing."""
    changes: dict[str, Any] = {}
    match event:
        case OrderConfirmed():
            changes = {"status": "CONFIRMED", "confirmed": True}
        case OrderRejected(reason=reason):
            changes = {"status": "REJECTED", "reason": reason}
        case OrderExpired():
            changes = {"status": "EXPIRED"}
        case OrderPaid():
            changes = {"paid": True}
        case OrderCancellationRequested(reason=reason):
            changes = {"status": "CANCEL_PENDING", "reason": reason}
        case OrderCancelled():
            changes = {"status": "CANCELLED"}
        case OrderShipped(tracking=tracking):
            changes = {"status": "SHIPPED", "tracking": tracking}
        case OrderDelivered():
            changes = {"status": "DELIVERED"}
    return changes


_IS: Final[dict[Status, str]] = {
    "PENDING": "waits for its payment and its stock",
    "CONFIRMED": "is confirmed",
    "SHIPPED": "is on its way",
    "DELIVERED": "was delivered",
    "REJECTED": "was rejected",
    "EXPIRED": "has expired",
    "CANCEL_PENDING": "is being cancelled",
    "CANCELLED": "was cancelled",
}
_ONLY: Final[dict[type[OrderCommand], str]] = {
    ConfirmOrder: "only a pending order can be confirmed",
    RejectOrder: "only a pending order can be rejected",
    ExpireOrder: "only a pending order can expire",
    MarkOrderPaid: "only a confirmed order can be paid",
    CancelOrder: "only an order that is not shipped can be cancelled",
    CompleteCancellation: "nobody has asked for its cancellation",
    ShipOrder: "only a confirmed and paid order can be shipped",
    ConfirmDelivery: "only a shipped order can be delivered",
}
