"""Events of one order, and of what its customer was told."""

from __future__ import annotations

from models.messages import Payload
from models.notification_messages import (
    NotificationCommandRefused,
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
    OrderExpired,
    OrderLine,
    OrderPaid,
    OrderRejected,
    OrderShipped,
)
from tests.tables.told import ADA

CUSTOMER = Customer(name="Ada", email="ada@example.com")
LINES = (
    OrderLine(sku="TEA-1", name="Tea", quantity=2, unit_price=450),
    OrderLine(sku="CUP-1", quantity=1, unit_price=900),
)
TOTAL = 1_800


def created(order_id: str = ADA, user_id: str | None = "ada", total: int = TOTAL) -> OrderCreated:
    """An order of two lines, in dollars."""
    return OrderCreated(
        order_id=order_id,
        user_id=user_id,
        customer=CUSTOMER,
        lines=LINES,
        total=total,
        currency="USD",
        currency_source="given",
        method="card",
    )


LEGACY = OrderCreated(
    order_id="123",
    user_id=None,
    lines=(),
    total=50_000,
    currency="KRW",
    currency_source="upcast",
)
CREATED = created()
CONFIRMED = OrderConfirmed(order_id=ADA)
ORDER_PAID = OrderPaid(order_id=ADA, captured=TOTAL)
SHIPPED = OrderShipped(order_id=ADA, tracking="JD0002")
DELIVERED = OrderDelivered(order_id=ADA)
REJECTED = OrderRejected(order_id=ADA, reason="card_declined")
EXPIRED = OrderExpired(order_id=ADA)
CANCELLING = OrderCancellationRequested(order_id=ADA, reason="changed my mind")
CANCELLED = OrderCancelled(order_id=ADA, reason="changed my mind")
COMMAND_REFUSED = OrderCommandRefused(
    order_id=ADA, command="ShipOrder", state="PENDING", reason="not paid"
)
ORDER_EVENTS: tuple[Payload, ...] = (
    CREATED,
    CONFIRMED,
    ORDER_PAID,
    SHIPPED,
    DELIVERED,
    REJECTED,
    EXPIRED,
    CANCELLING,
    CANCELLED,
    COMMAND_REFUSED,
)


NOTICE_REQUESTED = NotificationRequested(
    order_id=ADA, kind="confirmed", version=1, to="ada@example.com", name="Ada", key="n-1"
)
NOTICE_SENT = NotificationSent(order_id=ADA, kind="confirmed", version=1)
NOTICE_FAILED = NotificationFailed(order_id=ADA, kind="shipped", version=1, code="no_such_mailbox")
NOTICE_SUPERSEDED = NotificationSuperseded(
    order_id=ADA, kind="confirmed", version=1, by="cancelled"
)
NOTICE_REFUSED = NotificationCommandRefused(
    order_id=ADA, command="Notify", reason="the same id with another body"
)
NOTICES: tuple[Payload, ...] = (
    NOTICE_REQUESTED,
    NOTICE_SENT,
    NOTICE_FAILED,
    NOTICE_SUPERSEDED,
    NOTICE_REFUSED,
)
