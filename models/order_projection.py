"""The view of an order: what it is, how far it is, and in short what its payment and saga say.

Three statuses side by side, never one enum for all: the order's own, the payment's, the stock's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from models.messages import Message, Payload
from models.money import Currency
from models.notification_messages import (
    Kind,
    NoticeEvent,
    NotificationCommandRefused,
    NotificationEvent,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    NotificationSuperseded,
)
from models.order_messages import (
    Customer,
    OrderCancellationRequested,
    OrderCancelled,
    OrderCommandRefused,
    OrderConfirmed,
    OrderCreated,
    OrderDelivered,
    OrderEvent,
    OrderExpired,
    OrderPaid,
    OrderRejected,
    OrderShipped,
    Status,
    Style,
)
from models.payment_projection import PaymentStatus, PaymentView, Sums
from models.saga_projection import SagaSummary, SagaView, summary
from models.saga_stock import StockStatus, stock_status

NoticeStatus = Literal["requested", "sent", "failed", "superseded"]

_STATUS: Final[dict[type[Payload], Status]] = {
    OrderCreated: "PENDING",
    OrderConfirmed: "CONFIRMED",
    OrderRejected: "REJECTED",
    OrderExpired: "EXPIRED",
    OrderCancellationRequested: "CANCEL_PENDING",
    OrderCancelled: "CANCELLED",
    OrderShipped: "SHIPPED",
    OrderDelivered: "DELIVERED",
}
_NOTICES: Final[dict[type[Payload], NoticeStatus]] = {
    NotificationRequested: "requested",
    NotificationSent: "sent",
    NotificationFailed: "failed",
    NotificationSuperseded: "superseded",
}


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order; `amount` is quantity times unit price, in minor units."""

    sku: str
    name: str | None
    quantity: int
    unit_price: int
    amount: int


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What became of telling the customer, the last time for its kind."""

    kind: Kind
    version: int
    status: NoticeStatus
    time: datetime
    code: str | None = None


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """One order, as of what was projected.

    Until its OrderCreated is projected it has no `status`, no `created_at` and no lines: then only
    its payment, its saga or its notices were heard of. Amounts are in minor units. `version` is
    the sequence of the last event of the order itself; 0 for orders from before there were any.
    `style` is what drives it through its checkout; None in views from before there was a choice.
    `reason` is why it was rejected or cancelled. `sums` is None while there is no payment.
    """

    order_id: str
    user_id: str | None = None
    customer: Customer | None = None
    lines: tuple[LineView, ...] = ()
    total: int | None = None
    currency: Currency | None = None
    currency_source: Literal["given", "upcast"] | None = None
    method: str | None = None
    style: Style | None = None
    status: Status | None = None
    paid: bool = False
    payment_status: PaymentStatus = "none"
    stock_status: StockStatus = "none"
    reason: str | None = None
    tracking: str | None = None
    sums: Sums | None = None
    saga: SagaSummary | None = None
    notices: tuple[Notice, ...] = ()
    notices_version: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 0


def project_order(view: OrderView | None, event: OrderEvent, message: Message) -> OrderView | None:
    """Return the view after an event of the order itself, which is news.

    Only old orders have events without a sequence, and refusals where there is no such order.
    """
    if isinstance(event, OrderCommandRefused) and message.sequence is None:
        return view
    view = view or OrderView(order_id=event.order_id)
    again = isinstance(event, OrderCreated) and view.created_at is not None
    changes = {} if again else _changes(event, message)
    return _replaced(view, message.time, version=message.sequence or view.version, **changes)


def project_notice(view: OrderView | None, event: NotificationEvent, message: Message) -> OrderView:
    """Return the view after an event of its notifications, which is news and has a sequence."""
    view = view or OrderView(order_id=event.order_id)
    notices = view.notices
    if not isinstance(event, NotificationCommandRefused):
        others = (each for each in notices if each.kind != event.kind)
        notices = (*others, _notice(event, message.time))
    return _replaced(view, message.time, notices=notices, notices_version=message.sequence or 0)


def with_payment(view: OrderView | None, payment: PaymentView) -> OrderView:
    """Return the view with what its payment says."""
    view = view or OrderView(order_id=payment.order_id)
    return _replaced(view, payment.updated_at, payment_status=payment.status, sums=payment.sums)


def with_saga(view: OrderView | None, saga: SagaView) -> OrderView:
    """Return the view with what its saga says, also of the stock."""
    view = view or OrderView(order_id=saga.order_id)
    return _replaced(view, saga.updated_at, saga=summary(saga), stock_status=stock_status(saga))


def _replaced(view: OrderView, time: datetime, **changes: Any) -> OrderView:
    updated_at = max(time, view.updated_at or time)
    return msgspec.structs.replace(view, updated_at=updated_at, **changes)


def _changes(event: OrderEvent, message: Message) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    status = _STATUS.get(type(event))
    if status is not None:
        changes["status"] = status
    match event:
        case OrderCreated():
            changes |= _created(event, message.time)
        case OrderRejected() | OrderCancellationRequested() | OrderCancelled():
            changes["reason"] = event.reason
        case OrderPaid():
            changes["paid"] = True
        case OrderShipped():
            changes["tracking"] = event.tracking
        case _:
            pass
    return changes


def _notice(event: NoticeEvent, time: datetime) -> Notice:
    return Notice(
        kind=event.kind,
        version=event.version,
        status=_NOTICES[type(event)],
        time=time,
        code=event.code if isinstance(event, NotificationFailed) else None,
    )


def _created(event: OrderCreated, time: datetime) -> dict[str, Any]:
    return {
        "user_id": event.user_id,
        "customer": event.customer,
        "lines": tuple(
            LineView(
                sku=line.sku,
                name=line.name,
                quantity=line.quantity,
                unit_price=line.unit_price,
                amount=line.quantity * line.unit_price,
            )
            for line in event.lines
        ),
        "total": event.total,
        "currency": event.currency,
        "currency_source": event.currency_source,
        "method": event.method,
        "style": event.saga,
        "created_at": time,
    }
